using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Serving;

/// <summary>A round of policy optimisation, for the record.</summary>
/// <param name="Options">Every hyper-parameter.</param>
/// <param name="Curve">Its curves.</param>
/// <param name="Elapsed">Training time.</param>
/// <param name="TokensPerSecond">Training speed, padding counted.</param>
public sealed record PracticeRound(RlhfOptions Options, IReadOnlyList<CurvePoint> Curve, TimeSpan Elapsed, double TokensPerSecond)
{
    /// <summary>What a round left, without its weights.</summary>
    public static PracticeRound Of(RlhfOptions options, StageResult result) => new(options, result.Curve, result.Elapsed, result.TokensPerSecond);
}

/// <summary>What a model practised after its first stage.</summary>
/// <param name="Weights">Every weight by name, after the last round.</param>
/// <param name="Rounds">At least one.</param>
public sealed record PracticeRecord(IReadOnlyDictionary<string, float[]> Weights, IReadOnlyList<PracticeRound> Rounds)
{
    /// <summary>All curves one after the other.</summary>
    public IReadOnlyList<CurvePoint> Curve
    {
        get
        {
            var (curve, before) = (new List<CurvePoint>(), 0);
            foreach (var round in Rounds)
            {
                curve.AddRange(round.Curve.Select(point => point with { Step = point.Step + before }));
                before += round.Options.Steps;
            }

            return curve;
        }
    }
}
