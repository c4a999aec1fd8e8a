using System.Globalization;
using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Opposites;

/// <summary>
/// The generative model as a classifier by <see cref="BayesRule"/>, beside a discriminative one, over the number of training examples:
/// small models of both kinds that learn from the same few examples, and at the end the two that are served.
/// </summary>
internal sealed class BayesCurve<T>(
    IModality<T> modality, IDirections<T> directions, ILikelihood<T> likelihood, OppositesPlan plan, ExperimentContext context)
{
    private static readonly int[] Sizes = [10, 30, 100, 300];
    private readonly List<BayesPoint> _points = [];

    /// <summary>What was measured, from the fewest examples to all.</summary>
    public IReadOnlyList<BayesPoint> Points => _points;

    /// <summary>Bits a token of held-out examples, and the curve.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation)
    {
        var heldOut = modality.HeldOut().Take(Math.Max(plan.Likelihoods, plan.Bayes)).ToList();
        List<Measurement> measurements = [await BitsAsync(heldOut, cancellation)];
        var asked = heldOut[..plan.Bayes];
        foreach (var size in context.Quick ? Sizes[..1] : Sizes)
        {
            await SmallAsync(size, asked, cancellation);
        }

        await ServedAsync(asked, cancellation);
        return
        [
            .. measurements,
            .. _points.SelectMany(static point => new[]
            {
                point.Generative.Measures($"by Bayes' rule, generative, from {point.Examples} training examples", Criterion.Reported),
                point.Discriminative.Measures($"discriminative, from {point.Examples} training examples", Criterion.Reported),
            }),
        ];
    }

    private async Task<Measurement> BitsAsync(List<Example<T>> heldOut, CancellationToken cancellation)
    {
        context.Progress?.Report($"scoring {plan.Likelihoods:N0} held-out {modality.Examples}");
        var scored = await Concurrently.SelectAsync(
            heldOut[..plan.Likelihoods], (example, cancelled) => likelihood.ScoreAsync(example.Medium, example.Prompt.Text, cancelled), cancellation);
        return Bootstrap.Percentiles(
            scored, static drawn => -drawn.Sum(static one => one.LogProbability) / drawn.Sum(static one => one.Tokens) / Math.Log(2), context.Seed)
            .Measures($"bits per token of held-out {modality.Examples}, given their prompts", Criterion.Reported);
    }

    private async Task SmallAsync(int size, List<Example<T>> asked, CancellationToken cancellation)
    {
        context.Progress?.Report(string.Create(CultureInfo.InvariantCulture, $"learning from {size} {modality.Examples}, in both directions"));
        var learned = modality.Training().Take(size).ToList();
        var codes = await Concurrently.SelectAsync([.. learned.Concat(asked)], (example, cancelled) => likelihood.CodesAsync(example.Medium, cancelled), cancellation);
        using var generator = SmallGenerator.Train(
            Path.Combine(context.ScratchFolder, $"bayes-{size}"), [.. codes.Zip(learned, static (codes, example) => (codes, example.Prompt.Label))], modality.Labels.Count,
            await likelihood.CountCodesAsync(cancellation), codes.Max(static one => one.Length), plan.SmallSteps, context.Seed, context.Threads, cancellation);
        var generative = codes[size..].Zip(asked).Count(pair => BayesRule.Decide(generator.LogLikelihoods(pair.First)) == pair.Second.Prompt.Label);
        var answers = modality.TrainAndAsk(
            [.. learned.Select(static example => (example.Medium, example.Prompt.Label))], modality.Labels.Count, [.. asked.Select(static example => example.Medium)],
            context.Seed, cancellation);
        Add(size.ToString(CultureInfo.InvariantCulture), generative, answers.Zip(asked).Count(static pair => pair.First == pair.Second.Prompt.Label), asked.Count);
    }

    private async Task ServedAsync(List<Example<T>> asked, CancellationToken cancellation)
    {
        context.Progress?.Report($"asking the served models about {asked.Count:N0} {modality.Examples}, one under each label and the other at once");
        var pairs = asked.SelectMany(example => Enumerable.Range(0, modality.Labels.Count).Select(label => (example.Medium, Label: label))).ToList();
        var scores = await Concurrently.SelectAsync(
            pairs, async (pair, cancelled) => (await likelihood.ScoreAsync(pair.Medium, modality.PromptOf(pair.Label), cancelled)).LogProbability, cancellation);
        var seen = await Concurrently.SelectAsync(asked, (example, cancelled) => directions.ClassifyAsync(example.Medium, cancelled), cancellation);
        Add(
            "all", asked.Where((example, at) => BayesRule.Decide(scores[(at * modality.Labels.Count)..((at + 1) * modality.Labels.Count)]) == example.Prompt.Label).Count(),
            seen.Zip(asked).Count(static pair => pair.First == pair.Second.Prompt.Label), asked.Count);
    }

    private void Add(string examples, int generative, int discriminative, int of) =>
        _points.Add(new BayesPoint(examples, Proportions.Wilson(generative, of), Proportions.Wilson(discriminative, of)));
}

/// <summary>Both classifiers that learned from so many examples.</summary>
/// <param name="Examples">How many; "all" are those that the served models learned from.</param>
/// <param name="Generative">Accuracy by Bayes' rule.</param>
/// <param name="Discriminative">Accuracy of the other.</param>
internal sealed record BayesPoint(string Examples, Interval Generative, Interval Discriminative);
