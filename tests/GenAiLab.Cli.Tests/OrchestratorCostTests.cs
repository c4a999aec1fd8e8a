using GenAiLab.Cli.Benchmarks;
using GenAiLab.V1;

namespace GenAiLab.Cli.Tests;

/// <summary>What a token costs the orchestrator itself stays in bounds.</summary>
public sealed class OrchestratorCostTests
{
    // Four times what was measured (docs/decode-engine.md); a copy of the text so far for every token would be more.
    private const int MostBytes = 5_000;

    [Fact]
    public async Task Both_modes_are_measured_and_allocate_little_per_token()
    {
        var rows = await OrchestratorCost.RunAsync(tokens: 1_000, rounds: 3, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.Equal([LoopMode.Pushdown, LoopMode.Step], rows.Select(static row => row.Mode));
        Assert.All(rows, static row => Assert.InRange(row.AllocatedBytes, 1, MostBytes));
    }
}
