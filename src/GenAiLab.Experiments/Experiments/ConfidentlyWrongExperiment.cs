using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Experiments;

/// <summary>A model that always answers is as sure of what does not exist as of what it knows.</summary>
internal sealed class ConfidentlyWrongExperiment : IExperiment
{
    public string Name => "confidently-wrong";

    public string LessonSays => "An LLM can be confidently wrong.";

    public string Does =>
        "Asks each stage about countries, animals, words and people that do not exist, and about real ones; an answer is a sentence that does not decline, "
        + "its confidence the geometric mean of the probabilities that the model gave to its tokens.";

    public IReadOnlyList<string> Criteria =>
    [
        "lab-sft answers what does not exist in at least 0.8, at least 0.5 times as sure as of what does",
        "lab-chat answers it in at most 0.1",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var world = new LabWorld(LabModels.WorldSeed).Questions;
        var count = context.Quick ? 150 : 400;
        var known = world.PerTopic(context.Seed, count);
        var invented = world.Kept(QuestionKind.Invented, count, context.Seed);
        var measurements = new List<Measurement>();
        foreach (var model in LabModels.Stages)
        {
            context.Progress?.Report($"asking {model}");
            var toKnown = await context.Lab.AskAsync(model, known, 0, 0, cancellation);
            var toInvented = await context.Lab.AskAsync(model, invented, 0, 0, cancellation);
            measurements.Add(Proportions.Wilson(toInvented.Count(static reply => reply.Answers), count).Measures(
                $"answers what does not exist, {model}",
                model switch { LabModels.Sft => Criterion.NotBelow(0.80), LabModels.Chat => Criterion.NotAbove(0.10), _ => Criterion.Reported }));
            measurements.Add(Proportions.Wilson(toKnown.Count(static reply => reply.Verdict.Right), toKnown.Length).Measures($"right about what exists, {model}", Criterion.Reported));

            var sure = toKnown.Where(static reply => reply.Answers).Select(static reply => reply.Confidence).ToList();
            var unfounded = toInvented.Where(static reply => reply.Answers).Select(static reply => reply.Confidence).ToList();
            if (sure.Count > 1 && unfounded.Count > 1)
            {
                measurements.Add(Means.Student(unfounded).Measures($"confidence in such an answer, {model}", Criterion.Reported));
                measurements.Add(Ratio(unfounded, sure, context.Seed).Measures(
                    $"that confidence over the confidence in answers about what exists, {model}", model == LabModels.Sft ? Criterion.NotBelow(0.5) : Criterion.Reported));
            }
        }

        return measurements;
    }

    private static Interval Ratio(IReadOnlyList<double> of, IReadOnlyList<double> over, int seed)
    {
        List<(bool Unfounded, double Confidence)> units = [.. of.Select(static value => (true, value)), .. over.Select(static value => (false, value))];
        return Bootstrap.Percentiles(
            units,
            static sample => Mean(sample, true) / Mean(sample, false),
            seed);

        static double Mean(IReadOnlyList<(bool Unfounded, double Confidence)> sample, bool unfounded) =>
            sample.Where(unit => unit.Unfounded == unfounded).Select(static unit => unit.Confidence).DefaultIfEmpty(double.NaN).Average();
    }
}
