using System.Text.Json;

namespace GenAiLab.EndToEnd;

/// <summary><c>lab experiment</c> on services of its own, each a process.</summary>
public sealed class ExperimentCommandTests
{
    [Theory]
    [InlineData("next-token")]
    [InlineData("loop")]
    public async Task An_experiment_passes_on_the_real_services(string name)
    {
        var (exitCode, output, errors) = await Lab.RunAsync("experiment", "run", name, "--quick", "--json");
        Assert.True(exitCode == 0, output + errors);
        using var json = JsonDocument.Parse(output);
        Assert.True(json.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal(name, json.RootElement.GetProperty("experiments")[0].GetProperty("name").GetString());
    }

    [Fact]
    [Trait("Soak", "Training")]
    public async Task An_experiment_that_trains_passes_on_the_real_services()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1", "takes minutes: runs with GENAILAB_SOAK=1");
        await An_experiment_passes_on_the_real_services("scale");
    }

    [Fact]
    public async Task An_unknown_experiment_is_answered_with_the_known_ones()
    {
        var (exitCode, _, errors) = await Lab.RunAsync("experiment", "run", "nonsense");
        Assert.Equal(1, exitCode);
        Assert.Contains("next-token", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Some_addresses_are_not_enough()
    {
        var (exitCode, _, errors) = await Lab.RunAsync("experiment", "run", "next-token", "--address-decoder", "http://127.0.0.1:1");
        Assert.Equal(1, exitCode);
        Assert.Contains("all four", errors, StringComparison.Ordinal);
    }
}
