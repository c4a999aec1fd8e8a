using System.Diagnostics;
using System.Globalization;
using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;

namespace GenAiLab.WebConsole.Runs;

/// <summary>
/// The lab's command line, where whoever started the console said which it is. It runs the experiments that start labs of
/// their own, each in a process that ends with its run.
/// </summary>
internal sealed class LabProgram(IConfiguration configuration)
{
    /// <summary>lab.dll; not set: there is none.</summary>
    public const string Setting = "Console:LabProgram";

    /// <summary>The folder of model folders for its labs; not set: it looks for one.</summary>
    public const string ModelsSetting = "Console:LabModels";

    // Between the words of the name of a setting in the environment.
    private const string Separator = "__";

    private readonly string? _path = configuration[Setting];
    private readonly string? _models = configuration[ModelsSetting];

    /// <summary>Whether there is one.</summary>
    public bool IsThere => _path is { Length: > 0 };

    /// <summary>Runs an experiment on labs of its own.</summary>
    /// <returns>What came of it; when the program could not, its last words are the report's error.</returns>
    public async Task<ExperimentReport> RunAsync(IExperiment experiment, int seed, bool quick, IProgress<string> progress, CancellationToken cancellation)
    {
        using var process = Process.Start(Describe(experiment, seed, quick)) ?? throw new ExperimentException("the lab's program could not be started");
        try
        {
            process.StandardInput.Close();
            var said = SayAsync(process.StandardError, progress, cancellation);
            var written = await process.StandardOutput.ReadToEndAsync(cancellation);
            var last = await said;
            await process.WaitForExitAsync(cancellation);
            return ReportJson.TryRead(written, out var reports) && reports is [var report]
                ? report
                : new ExperimentReport(experiment.Name, experiment.LessonSays, experiment.Does, [], 0, last);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private ProcessStartInfo Describe(IExperiment experiment, int seed, bool quick)
    {
        var start = new ProcessStartInfo("dotnet", [_path!, "experiment", "run", experiment.Name, "--json", "--threads", "1", "--seed", seed.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[.. quick ? (string[])["--quick"] : [], .. _models is { Length: > 0 } models ? (string[])["--models", models] : []])
        {
            start.ArgumentList.Add(argument);
        }

        // The console's settings, its token among them, are not those of other labs.
        foreach (var name in start.Environment.Keys.Where(static name => name.Contains(Separator, StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    private static async Task<string> SayAsync(StreamReader errors, IProgress<string> progress, CancellationToken cancellation)
    {
        var last = "the lab's program said nothing";
        while (await errors.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Trim() is { Length: > 0 } said)
            {
                progress.Report(said);
                last = said;
            }
        }

        return last;
    }
}
