using System.Globalization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Serving;

namespace GenAiLab.Experiments.SmallModels;

/// <summary>Trains small models one after the other and starts a lab that serves them.</summary>
internal static class SmallModelTraining
{
    private const int ReportsPerModel = 4;

    /// <summary>Trains each model, writes its folder below <see cref="ExperimentContext.ScratchFolder"/>, serves them all.</summary>
    /// <exception cref="ExperimentException">A training failed, or another lab cannot be started here.</exception>
    public static async Task<IStartedLab> ServeAsync(
        ExperimentContext context, IReadOnlyList<SmallModel> models, CancellationToken cancellation)
    {
        var root = Path.Combine(context.ScratchFolder, "models");
        for (var at = 0; at < models.Count; at++)
        {
            var model = models[at];
            var title = string.Create(CultureInfo.InvariantCulture, $"training {model.Name}, {at + 1} of {models.Count}");
            // A thread of its own: training makes the thread that runs it flush denormals, which must not reach the pool.
            await Task.Factory.StartNew(
                () => Train(context, model, Path.Combine(root, model.Name), title, cancellation), cancellation,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        context.Progress?.Report(string.Create(CultureInfo.InvariantCulture, $"serving {models.Count} trained models"));
        return await context.Lab.StartAnotherAsync(root, cancellation);
    }

    private static void Train(ExperimentContext context, SmallModel model, string folder, string title, CancellationToken cancellation)
    {
        var checkpoints = Path.Combine(context.ScratchFolder, "checkpoints", model.Name);
        var options = model.Options with { EvaluationInterval = model.Options.Steps, Threads = context.Threads };
        try
        {
            var result = new BaseTraining(options, model.Corpus, checkpoints).Run(new Reports(context.Progress, title), cancellation);
            BaseModelFolder.Write(folder, result, options, model.Corpus.Separator);
            model.Vocabulary.Save(folder);
        }
        catch (InvalidOperationException error)
        {
            throw new ExperimentException($"{title}: {error.Message}");
        }
        finally
        {
            BaseTraining.Forget(checkpoints);
        }
    }

    private sealed class Reports(IProgress<string>? progress, string title) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step % Math.Max(1, value.Steps / ReportsPerModel) == 0)
            {
                progress?.Report(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{title}: step {value.Step:N0} of {value.Steps:N0}, loss {value.Loss:0.000}, {value.TokensPerSecond:N0} tokens/s"));
            }
        }
    }
}
