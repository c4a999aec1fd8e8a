using System.Globalization;
using System.Text.RegularExpressions;
using GenAiLab.Experiments.Running;

namespace GenAiLab.Experiments.Tests;

/// <summary>Runs an experiment at its smallest size and demands a verdict.</summary>
internal static partial class Verdicts
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>It passes on a lab in order.</summary>
    public static async Task<ExperimentReport> PassesAsync(IExperiment experiment, IExperimentLab lab)
    {
        var report = await RunAsync(experiment, lab);
        Assert.True(report.Passed, string.Join('\n', ReportText.Lines(report)));
        AssertDeclared(experiment, report);
        return report;
    }

    // Limits that are themselves measured are declared in words without a number.
    private static void AssertDeclared(IExperiment experiment, ExperimentReport report)
    {
        List<double> declared = [.. experiment.Criteria.SelectMany(static text => Number().Matches(text.Replace('−', '-'))).Select(static number => double.Parse(number.Value, CultureInfo.InvariantCulture))];
        var measured = experiment.Criteria.Any(static text => !Number().IsMatch(text));
        Assert.All(
            report.Measurements.SelectMany(static measurement => new[] { measurement.Criterion.AtLeast, measurement.Criterion.AtMost }).OfType<double>(),
            limit => Assert.True(measured || declared.Exists(number => Math.Abs(number - limit) < 1e-4), $"{experiment.Name} does not say that it has a limit of {limit}"));
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?")]
    private static partial Regex Number();

    /// <summary>It runs on a broken lab, and a figure whose text contains <paramref name="what"/> misses its criterion.</summary>
    public static async Task FailsAsync(IExperiment experiment, Func<Grpc.Core.Interceptors.Interceptor> broken, string what)
    {
        await using var lab = await TestLab.StartBrokenAsync(broken);
        await FailsAsync(experiment, lab, what);
    }

    /// <summary>The same of an experiment that was broken itself.</summary>
    public static async Task FailsAsync(IExperiment experiment, IExperimentLab lab, string what)
    {
        var report = await RunAsync(experiment, lab);
        Assert.True(
            report.Error is null && report.Measurements.Any(measurement => !measurement.Passed && measurement.What.Contains(what, StringComparison.Ordinal)),
            string.Join('\n', ReportText.Lines(report)));
    }

    /// <summary>Runs it; the caller judges.</summary>
    public static async Task<ExperimentReport> RunAsync(IExperiment experiment, IExperimentLab lab)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return await new ExperimentRunner(lab, seed: 1, quick: true) { ModelsRoot = TestLab.CommittedModels }.RunAsync(experiment, limit.Token);
    }
}
