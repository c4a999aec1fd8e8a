using GenAiLab.Models.Llama;

namespace GenAiLab.Training.Optimization;

/// <summary>The outcome of a stage that makes a decoder out of another.</summary>
/// <param name="Config">The model's shape.</param>
/// <param name="Weights">Every weight by name.</param>
/// <param name="Curve">The curves.</param>
/// <param name="Elapsed">Training time, over all processes that took part.</param>
/// <param name="TokensPerSecond">Training speed over all of it, padding counted.</param>
public sealed record StageResult(
    LlamaConfig Config, IReadOnlyDictionary<string, float[]> Weights, IReadOnlyList<CurvePoint> Curve, TimeSpan Elapsed, double TokensPerSecond);
