using System.Globalization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Practice;

/// <summary>What the model cards of generators say alike.</summary>
internal static class GeneratorCard
{
    /// <summary>The rows of the table that say how both stages went.</summary>
    /// <param name="options">Of both.</param>
    /// <param name="first">The first.</param>
    /// <param name="practice">The second.</param>
    /// <param name="media">What is made, in the plural.</param>
    /// <param name="labels">What the critic tells apart, in the plural.</param>
    public static string Training(GeneratorOptions options, BaseTrainingResult first, PracticeRecord practice, string media, string labels)
    {
        var pretraining = options.Pretraining;
        return string.Create(CultureInfo.InvariantCulture, $"""
            | Pre-training | {pretraining.Steps:N0} steps of {pretraining.BatchSize} × {pretraining.Length} tokens, {first.Elapsed.TotalMinutes:0.0} minutes on {pretraining.Threads} threads, {first.TokensPerSecond:N0} tokens/s |
            | Practice | {string.Join("; then ", practice.Rounds.Select(round => Practice(round, media, $"{labels} in its training {media} as the codec gives them", "p(label named)")))} |
            """);
    }

    /// <summary>The table of the settings that were tried.</summary>
    public static string Tried(IReadOnlyList<TriedSampling> tried) => string.Create(CultureInfo.InvariantCulture, $"""
        | min-p | {string.Join(" | ", tried.Select(static one => one.MinP == 0 ? "none" : one.MinP.ToString(CultureInfo.InvariantCulture)))} |
        |---|{string.Concat(tried.Select(static _ => "---|"))}
        | p(label named) | {string.Join(" | ", tried.Select(static one => one.Reward.ToString("0.000", CultureInfo.InvariantCulture)))} |
        """);

    /// <summary>The columns of a table of figures: before what was practised in this run, and after; after alone where that was nothing.</summary>
    /// <param name="practised">How many rounds came before this run.</param>
    /// <param name="rounds">How many rounds there are now.</param>
    public static string Header(int practised, int rounds)
    {
        var before = practised == 0 ? "before practice" : $"after {practised} round{(practised == 1 ? "" : "s")} of practice";
        return practised == rounds ? "| figure | after practice |\n|---|---|" : $"| figure | {before} | after |\n|---|---|---|";
    }

    /// <summary>A figure in these columns.</summary>
    /// <typeparam name="T">What was measured.</typeparam>
    /// <param name="before">Before; null: nothing was practised in this run.</param>
    /// <param name="after">After.</param>
    /// <param name="figure">As the reader sees it.</param>
    public static string Columns<T>(T? before, T after, Func<T, string> figure)
        where T : class => before is null ? figure(after) : $"{figure(before)} | {figure(after)}";

    /// <summary>How a round of practice went.</summary>
    /// <param name="round">The round.</param>
    /// <param name="media">What is made, in the plural.</param>
    /// <param name="learned">What the critic learned.</param>
    /// <param name="reward">What it gives.</param>
    public static string Practice(PracticeRound round, string media, string learned, string reward)
    {
        var (options, last) = (round.Options, round.Curve[^1].Values);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"policy optimisation (GRPO) against a critic of its own, which learned {learned}: {options.Steps} steps of {options.Prompts} × {options.Group} {media}, {round.Elapsed.TotalMinutes:0.0} minutes; {reward} ends at {last.GetValueOrDefault(RlhfTraining.Reward):0.000}, {last.GetValueOrDefault(RlhfTraining.Kl):0.0} nats from where it began");
    }

    /// <summary>A share for the reader.</summary>
    public static string Percent(double? share) => share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.0} %") : "not measured";
}
