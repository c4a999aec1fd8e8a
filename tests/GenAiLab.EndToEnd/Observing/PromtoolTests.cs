using System.Diagnostics;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>Prometheus's own checks of deploy/prometheus: what it would load, and when its alerts go off.</summary>
public sealed class PromtoolTests
{
    [Theory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "rules.yml")]
    [InlineData("test", "rules", "rules.test.yml")]
    public async Task Promtool_is_content(params string[] arguments)
    {
        Assert.SkipUnless(PrometheusProcess.IsInstalled, PrometheusProcess.Missing);
        var start = new ProcessStartInfo("promtool") { WorkingDirectory = PrometheusProcess.Folder };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var (exitCode, output, errors) = await Lab.RunAsync(start);

        Assert.True(exitCode == 0, output + errors);
    }
}
