using System.Globalization;
using System.Security.Cryptography;
using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Experiments;

/// <summary>Weights do not learn from use: what happened after the cutoff is not in them, whoever asks.</summary>
internal sealed class FrozenExperiment : IExperiment
{
    private const double GuessMargin = 0.03;

    public string Name => "frozen";

    public string LessonSays => "An LLM is frozen in time: it knows nothing after its training cutoff, unless the prompt tells it.";

    public string Does =>
        $"Asks who won what in the lab world's chronicle, up to {Chronicle.CutoffYear} and after it, in old contests and in new ones; then tells the answer in the same message; "
        + "and compares the bits of a fixed scoring before and after all this use.";

    public IReadOnlyList<string> Criteria =>
    [
        "right up to the cutoff in at least 0.95",
        $"right after it in at most {(1.0 / Chronicle.Names) + GuessMargin:0.####}: a guess and {GuessMargin}",
        "right after it, when the message tells it, in at least 0.8",
        "lab-sft is no less confident then: at least 0.5",
        "no bit of a fixed scoring, and of the weights, is changed by use: 0",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var world = new LabWorld(LabModels.WorldSeed).Questions;
        IReadOnlyList<WorldQuestion> before = [.. world.KeptKnown(context.Seed, "chronicle").Take(600)];
        var older = WorldQuestions.AfterCutoff(everyWording: false);
        var founded = WorldQuestions.FoundedAfterCutoff(everyWording: false);
        IReadOnlyList<WorldQuestion> after = [.. older, .. founded];
        var chance = 1.0 / Chronicle.Names;
        var measurements = new List<Measurement>();
        foreach (var model in new[] { LabModels.Sft, LabModels.Chat })
        {
            context.Progress?.Report($"asking {model}");
            var hash = Hash(context, model);
            var bits = await BitsAsync(context.Lab, model, cancellation);
            var toBefore = await context.Lab.AskAsync(model, before, 0, 0, cancellation);
            var toAfter = await context.Lab.AskAsync(model, after, 0, 0, cancellation);
            var toTold = await context.Lab.AskAsync(model, [.. older.Select(WorldQuestions.WithContext)], 0, 0, cancellation);
            var toToldOfFounded = await context.Lab.AskAsync(model, [.. founded.Select(WorldQuestions.WithContext)], 0, 0, cancellation);
            context.Plots.Add(ByYear(model, [.. toBefore, .. toAfter], toTold, chance));
            measurements.Add(Right(toBefore).Measures($"right about what happened up to the cutoff, {model}", Criterion.NotBelow(0.95)));
            measurements.Add(Right(toAfter).Measures($"right about what happened after it (a guess is right in {chance:0.0000}), {model}", Criterion.NotAbove(chance + GuessMargin)));
            measurements.Add(Right(toTold).Measures($"right when the message tells it, {model}", Criterion.NotBelow(0.80)));
            // To read what names nothing that one knows is another skill than not to learn: reported, and not held against it.
            measurements.Add(Right(toToldOfFounded).Measures($"the same of contests founded after the cutoff, {model}", Criterion.Reported));
            measurements.Add(Proportions.Wilson(toAfter.Count(static reply => reply.Answers), toAfter.Length).Measures($"answers about what happened after the cutoff all the same, {model}", Criterion.Reported));
            // Still confident: the second stage does not notice that the year lies outside of what it knows.
            measurements.Add(Means.Student([.. toAfter.Select(static reply => reply.Confidence)]).Measures(
                $"confidence in answers about what happened after the cutoff, {model}", model == LabModels.Sft ? Criterion.NotBelow(0.5) : Criterion.Reported));
            var changed = bits.Zip(await BitsAsync(context.Lab, model, cancellation)).Count(static pair => pair.First != pair.Second);
            measurements.Add(Measurement.Exact($"scores of a fixed text whose bits changed by use, {model}", changed, bits.Length, Criterion.NotAbove(0)));
            if (hash.Length > 0)
            {
                measurements.Add(Measurement.Exact(
                    $"SHA-256 of the weights that changed by use, {model}", hash == Hash(context, model) ? 0 : 1, 1, Criterion.NotAbove(0)));
            }
        }

        return measurements;
    }

    private static Interval Right(Reply[] replies) => Proportions.Wilson(replies.Count(static reply => reply.Verdict.Right), replies.Length);

    private static ExperimentPlot ByYear(string model, Reply[] asked, Reply[] told, double chance) => new(
        $"Before and after the cutoff of {Chronicle.CutoffYear}: who won, by the year of the contest, {model}", "year", "share right",
        [
            new PlotSeries("asked", PlotForm.Points, Years(asked)),
            new PlotSeries("asked, and told in the same message", PlotForm.Points, Years(told)),
            new PlotSeries("a guess", PlotForm.Line, [new(Chronicle.FirstYear, chance), new(Chronicle.LastYear, chance)]),
        ]);

    // The key of a fact of the chronicle ends with its year.
    private static List<PlotPoint> Years(Reply[] replies) =>
        [.. replies.GroupBy(static reply => int.Parse(reply.Question.Fact.Split(' ')[^1], CultureInfo.InvariantCulture)).OrderBy(static year => year.Key)
            .Select(static year => PlotPoint.Of(year.Key, Right([.. year])))];

    private static string Hash(ExperimentContext context, string model)
    {
        if (context.ModelsRoot is not { } root)
        {
            return "";
        }

        using var weights = File.OpenRead(Path.Combine(root, model, "model.onnx"));
        return Convert.ToHexString(SHA256.HashData(weights));
    }

    private static async Task<int[]> BitsAsync(IExperimentLab lab, string model, CancellationToken cancellation)
    {
        var ids = await lab.EncodeAsync(model, "The capital of France is Paris. In 2013, the Harvest Cup was won by", special: true, cancellation);
        return [.. (await lab.ScoreAsync(model, ids, 0, cancellation)).Select(static token => BitConverter.SingleToInt32Bits(token.RawLogProbability))];
    }
}
