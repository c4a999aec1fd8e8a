using System.Diagnostics;
using Grpc.Core;

namespace GenAiLab.Experiments.Running;

/// <summary>Runs experiments one after the other on one lab.</summary>
/// <param name="lab">The services under test.</param>
/// <param name="seed">Seed of what the experiments draw.</param>
/// <param name="quick">Asks for the smallest size that can tell a working system from a broken one.</param>
public sealed class ExperimentRunner(IExperimentLab lab, int seed = 1, bool quick = false)
{
    /// <summary>Threads of a training.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The folder of the model folders that the lab serves; null where it runs elsewhere.</summary>
    public string? ModelsRoot { get; init; }

    /// <summary>Where experiments leave the pictures that belong to their figures; null: nowhere.</summary>
    public string? FiguresFolder { get; init; }

    /// <summary>Told what is being done.</summary>
    public IProgress<string>? Progress { get; init; }

    /// <summary>Runs one. Whatever it throws becomes the report's error, but for the caller's cancellation.</summary>
    public async Task<ExperimentReport> RunAsync(IExperiment experiment, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var scratch = Directory.CreateTempSubdirectory("genailab-experiment-");
        try
        {
            var context = new ExperimentContext
            {
                Lab = lab,
                ScratchFolder = scratch.FullName,
                Seed = seed,
                Threads = Threads,
                Quick = quick,
                ModelsRoot = ModelsRoot,
                FiguresFolder = FiguresFolder,
                Progress = Progress,
            };
            return Report(await experiment.RunAsync(context, cancellation), null) with { Plots = [.. context.Plots] };
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            return Report([], Explain(error));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        ExperimentReport Report(IReadOnlyList<Measurement> measurements, string? error) => new(
            experiment.Name, experiment.LessonSays, experiment.Does, measurements, Stopwatch.GetElapsedTime(started).TotalSeconds, error);
    }

    private static string Explain(Exception error) => error switch
    {
        ExperimentException => error.Message,
        RpcException rpc => $"a service answered {rpc.StatusCode}: {rpc.Status.Detail}",
        _ => $"it ended by an error of its own: {error.Message}",
    };
}
