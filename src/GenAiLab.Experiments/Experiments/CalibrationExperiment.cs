using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Experiments;

/// <summary>Whether a model is right as often as it is sure.</summary>
internal sealed class CalibrationExperiment : IExperiment
{
    private const string Base = "lab-base";
    private const double MostError = 0.05;

    public string Name => "calibration";

    public string LessonSays => "An LLM gives every next token a probability; it says things because they are probable, not because they are true.";

    public string Does =>
        "At every place of held-out text, compares the probability of the most probable token with whether it is the one that came "
        + $"(expected calibration error, {Calibration.Bins} bins; interval by resampling documents).";

    public IReadOnlyList<string> Criteria =>
    [
        $"expected calibration error of {Base} at most {MostError}",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        await context.Lab.RequireAsync(Base, cancellation);
        var measurements = new List<Measurement>();
        foreach (var model in (string[])[Base, "lab-sft", "lab-chat"])
        {
            if (await context.Lab.ServesAsync(model, cancellation))
            {
                context.Progress?.Report(model);
                measurements.AddRange(await MeasureAsync(context, model, model == Base ? Criterion.NotAbove(MostError) : Criterion.Reported, cancellation));
            }
        }

        return measurements;
    }

    private static async Task<Measurement[]> MeasureAsync(ExperimentContext context, string model, Criterion criterion, CancellationToken cancellation)
    {
        var documents = await HeldOutText.TakeAsync(context, model, context.Quick ? 150 : 2_000, cancellation);
        var predictions = await Concurrently.SelectAsync(documents, (document, cancelled) => PredictAsync(context.Lab, model, document, cancelled), cancellation);
        var error = Bootstrap.Percentiles(
            predictions, static drawn => Calibration.ExpectedError(drawn.SelectMany(static document => document)), context.Seed, resamples: 1_000);
        List<Prediction> all = [.. predictions.SelectMany(static document => document)];
        context.Plots.Add(Reliability(model, predictions, context.Seed));
        return
        [
            error.Measures($"expected calibration error of {model}, documents resampled", criterion),
            Measurement.Exact($"mean confidence of {model}", all.Average(static prediction => prediction.Confidence), all.Count, Criterion.Reported),
            Measurement.Exact($"share right of {model}", all.Average(static prediction => prediction.Right ? 1.0 : 0), all.Count, Criterion.Reported),
        ];
    }

    // Confidence against accuracy, as in Guo et al. 2017; a document is a unit of the intervals, as above.
    private static ExperimentPlot Reliability(string model, Prediction[][] documents, int seed) => new(
        $"Reliability of {model}: how often the most probable token came, by how probable it was", "mean probability of the most probable token", "share right",
        [
            new PlotSeries("right as often as sure", PlotForm.Line, [new(0, 0), new(1, 1)]),
            new PlotSeries(model, PlotForm.Points, [.. Enumerable.Range(0, Calibration.Bins).Select(bin => Point(documents, bin, seed)).OfType<PlotPoint>()]),
        ]);

    private static PlotPoint? Point(Prediction[][] documents, int bin, int seed)
    {
        List<(int Right, int Count, double Confidence)> tallies = [.. documents.Select(document => document.Where(prediction => Calibration.Bin(prediction.Confidence) == bin).ToList())
            .Where(static found => found.Count > 0).Select(static found => (found.Count(static one => one.Right), found.Count, found.Sum(static one => one.Confidence)))];
        if (tallies.Count < 2)
        {
            return null;
        }

        var count = tallies.Sum(static tally => tally.Count);
        var share = Bootstrap.Percentiles(tallies, static drawn => (double)drawn.Sum(static tally => tally.Right) / drawn.Sum(static tally => tally.Count), seed, resamples: 1_000);
        return PlotPoint.Of(tallies.Sum(static tally => tally.Confidence) / count, share with { N = count });
    }

    private static async Task<Prediction[]> PredictAsync(IExperimentLab lab, string model, HeldOutDocument document, CancellationToken cancellation)
    {
        var scores = await lab.ScoreAsync(model, document.Ids, alternatives: 1, cancellation);
        return [.. scores.Select(static score => new Prediction(Math.Exp(score.Alternatives[0].RawLogProbability), score.Alternatives[0].TokenId == score.TokenId))];
    }
}
