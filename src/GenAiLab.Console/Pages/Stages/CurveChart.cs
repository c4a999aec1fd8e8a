using System.Globalization;
using GenAiLab.V1;

namespace GenAiLab.WebConsole.Pages.Stages;

/// <summary>Curves that are drawn on the same axes.</summary>
/// <param name="Title">What they show, with its unit.</param>
/// <param name="Lines">At least one; each has at least one point.</param>
public sealed record CurveChart(string Title, IReadOnlyList<CurveLine> Lines)
{
    // Where the first point is so far from the last that a linear axis would show a corner.
    private const double Wide = 20;

    private const string LossEnding = "loss";

    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["reward"] = "Reward, in standard deviations",
        ["kl_nats_per_answer"] = "KL divergence from the model it began with, nats an answer",
        ["win_rate"] = "Win rate against the model it began with, share",
        ["held_out_pair_accuracy"] = "Held-out pairs ranked right, share",
        ["entropy_nats_per_token"] = "Entropy, nats a token",
        ["answer_tokens"] = "Length of the answers, tokens",
        ["unended"] = "Answers that did not end, share",
    };

    private static readonly Dictionary<string, string> LossNames = new(StringComparer.Ordinal)
    {
        ["loss"] = "training",
        ["held_out_loss"] = "held out",
        ["answer_loss"] = "answers",
        ["replay_loss"] = "repeated text",
    };

    /// <summary>First and last step.</summary>
    public (int First, int Last) Steps { get; } = (Lines.Min(static line => line.Points[0].Step), Lines.Max(static line => line.Points[^1].Step));

    /// <summary>Least and greatest value.</summary>
    public (double Least, double Most) Values { get; } =
        (Lines.SelectMany(static line => line.Points).Min(static point => point.Value), Lines.SelectMany(static line => line.Points).Max(static point => point.Value));

    /// <summary>Whether equal distances on the value axis are equal ratios.</summary>
    public bool IsLogarithmic => Values.Least > 0 && Values.Most > Wide * Values.Least;

    /// <summary>The charts of a training: one of the losses, and one of each other figure; what is asked for most comes first.</summary>
    public static IReadOnlyList<CurveChart> Of(TrainingRun run)
    {
        var drawn = run.Curves.Where(static curve => curve.Values.Count > 0 && curve.Steps.Count == curve.Values.Count).ToList();
        var losses = drawn.Where(static curve => curve.Name.EndsWith(LossEnding, StringComparison.Ordinal))
            .Select(static curve => CurveLine.Of(LossNames.GetValueOrDefault(curve.Name, Words(curve.Name)), curve)).ToList();
        var others = drawn.Where(static curve => !curve.Name.EndsWith(LossEnding, StringComparison.Ordinal))
            .OrderBy(static curve => Titles.Keys.TakeWhile(name => name != curve.Name).Count()).ThenBy(static curve => curve.Name, StringComparer.Ordinal)
            .Select(static curve => new CurveChart(Titles.GetValueOrDefault(curve.Name, Words(curve.Name)), [CurveLine.Of(Words(curve.Name), curve)])).ToList();
        if (losses.Count == 0)
        {
            return others;
        }

        // The objective of policy optimisation says little of how good the policy is.
        var loss = new CurveChart(LossTitle(run.Stage), losses);
        return IsPolicy(run.Stage) ? [.. others, loss] : [loss, .. others];
    }

    /// <summary>A figure with as many digits as are worth reading.</summary>
    public static string Show(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static bool IsPolicy(string stage) => stage.StartsWith("policy", StringComparison.Ordinal);

    private static string LossTitle(string stage) => IsPolicy(stage) ? "Objective, without a unit" : stage == "reward model" ? "Loss, nats a pair" : "Loss, nats a token";

    private static string Words(string name) => name.Replace('_', ' ');
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">Their steps rise.</param>
public sealed record CurveLine(string Name, IReadOnlyList<(int Step, double Value)> Points)
{
    /// <summary>A curve as it came.</summary>
    public static CurveLine Of(string name, TrainingCurve curve) => new(name, [.. curve.Steps.Zip(curve.Values)]);
}
