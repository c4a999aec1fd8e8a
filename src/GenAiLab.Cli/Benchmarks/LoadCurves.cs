using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GenAiLab.Benchmarks.Curves;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Cli.Commands;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>Load time and memory of each shape, each load in a process of its own.</summary>
internal static class LoadCurves
{
    /// <summary>The hidden command that the processes run.</summary>
    public const string Verb = "load";

    private const int Context = 512;
    private const double Mebi = 1 << 20;
    private static readonly string[] Shapes = ["tiny", "15m", "135m"];

    /// <summary>Seconds until the first token, and resident memory after it, by the size of the weights in fp32.</summary>
    public static async Task<IReadOnlyList<Curve>> RunAsync(
        IReadOnlyList<WeightFormat> formats, int threads, int rounds, string work, CancellationToken cancellation)
    {
        var taken = new Dictionary<(WeightFormat Format, string Shape), List<LoadFigures>>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (format, shape) in formats.SelectMany(static format => Shapes.Select(shape => (format, shape))))
            {
                var folder = ReferenceModel.Of(shape, Context).WriteFolder(work);
                if (!taken.TryGetValue((format, shape), out var figures))
                {
                    taken[(format, shape)] = figures = [];
                }

                figures.Add(await LoadAsync(folder, format.Name(), threads, cancellation));
            }
        }

        return
        [
            CurveOf("load-time", "Load until the first token", "s", static figures => figures.Seconds),
            CurveOf("load-memory", "Resident memory after load, one slot", "MiB", static figures => figures.ResidentBytes / Mebi),
            CurveOf("load-peak", "Peak memory of a load", "MiB", static figures => figures.PeakBytes / Mebi),
        ];

        Curve CurveOf(string name, string title, string unit, Func<LoadFigures, double> value) => new(
            name, title, "MiB of weights in fp32", unit,
            [.. formats.Select(format => new CurveSeries(
                format.Name(),
                [.. Shapes.Select(shape => new CurvePoint(
                    ReferenceModel.Of(shape, Context).Config.ParameterCount * sizeof(float) / Mebi, [.. taken[(format, shape)].Select(value)]))]))]);
    }

    private static async Task<LoadFigures> LoadAsync(string folder, string format, int threads, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            Path.Combine(AppContext.BaseDirectory, "lab.dll"), "bench", Verb, folder, "--format", format, "--threads", threads.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new CommandException("a process for the load could not be started");
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0 ? JsonSerializer.Deserialize<LoadFigures>(output)! : throw new CommandException("a model could not be loaded; the reason is above");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
