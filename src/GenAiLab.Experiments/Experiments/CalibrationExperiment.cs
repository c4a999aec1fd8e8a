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
        return
        [
            error.Measures($"expected calibration error of {model}, documents resampled", criterion),
            Measurement.Exact($"mean confidence of {model}", all.Average(static prediction => prediction.Confidence), all.Count, Criterion.Reported),
            Measurement.Exact($"share right of {model}", all.Average(static prediction => prediction.Right ? 1.0 : 0), all.Count, Criterion.Reported),
        ];
    }

    private static async Task<Prediction[]> PredictAsync(IExperimentLab lab, string model, HeldOutDocument document, CancellationToken cancellation)
    {
        var scores = await lab.ScoreAsync(model, document.Ids, alternatives: 1, cancellation);
        return [.. scores.Select(static score => new Prediction(Math.Exp(score.Alternatives[0].RawLogProbability), score.Alternatives[0].TokenId == score.TokenId))];
    }
}
