using System.Diagnostics;
using GenAiLab.Cli.Chaos;

namespace GenAiLab.EndToEnd.Abuse;

/// <summary>Clients that connect and then say nothing, thousands of them, beside one that generates.</summary>
public sealed class IdleConnectionTests(AbusedLab lab, ITestOutputHelper output) : IClassFixture<AbusedLab>
{
    private const int Count = 10_000;
    private const long MostGrowth = 512L << 20;

    // Pools grow and shrink: as many more are no leak, which would have one for each connection.
    private const int Spare = 16;

    // Both ends are processes of this machine, and each has files and connections of its own besides.
    private const int NeededFiles = 12_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Ten_thousand_idle_connections_are_held_and_a_neighbour_gets_the_same_tokens()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere /proc does not tell what a process holds");
        Assert.SkipWhen(IdleConnections.OpenFileLimit < NeededFiles, $"needs {NeededFiles:N0} open files for each process, and may have {IdleConnections.OpenFileLimit:N0} (ulimit -n)");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        var before = lab.Footprint!;
        var began = Stopwatch.GetTimestamp();

        await using (var idle = await IdleConnections.OpenAsync(lab.Target("orchestrator").Address, Count, limit.Token))
        {
            output.WriteLine($"{Count:N0} connections in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");

            // To be held is to outlast the first question whether one lives: who does not answer it is let go.
            await idle.PingedAsync(limit.Token);
            await lab.AssertServesAsync(limit.Token);

            AssertHolds(idle, before, lab.Footprint!);
        }

        var closed = Stopwatch.GetTimestamp();
        ProcessFootprint after;
        do
        {
            await lab.AssertServesAsync(limit.Token);
            after = lab.Footprint!;
        }
        while (after.Handles > before.Handles + Spare && Stopwatch.GetElapsedTime(closed) < Patience);

        output.WriteLine($"{Stopwatch.GetElapsedTime(closed).TotalSeconds:0.0} s after the last was closed: {after}");
        Assert.InRange(after.Handles, 0, before.Handles + Spare);
    }

    private void AssertHolds(IdleConnections idle, ProcessFootprint before, ProcessFootprint now)
    {
        var growth = now.ResidentBytes - before.ResidentBytes;
        output.WriteLine($"{before} → {now}");
        output.WriteLine($"{growth >> 20} MiB more, {growth / Count / 1000.0:0.0} kB a connection");
        Assert.Equal(Count, idle.Open);
        Assert.True(now.Sockets >= before.Sockets + Count, $"{now.Sockets:N0} sockets");
        Assert.True(growth < MostGrowth, $"{growth >> 20} MiB more");
    }
}
