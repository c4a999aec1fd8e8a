namespace GenAiLab.Training.Optimization;

/// <summary>A point of a stage's curves.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Values">
/// By name: figures of the steps as their mean since the point before, and what was measured at this step.
/// </param>
public sealed record CurvePoint(int Step, IReadOnlyDictionary<string, double> Values);

/// <summary>What a training loop leaves.</summary>
/// <param name="Parameters">The weights, flat.</param>
/// <param name="Curve">The curves.</param>
/// <param name="Elapsed">Training time, over all processes that took part.</param>
public sealed record TrainingOutcome(float[] Parameters, IReadOnlyList<CurvePoint> Curve, TimeSpan Elapsed);
