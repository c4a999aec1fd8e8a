using GenAiLab.Cli.Chaos;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>
/// <c>lab chaos</c> against a lab of processes. By default two kills where there is no other replica; with <c>GENAILAB_SOAK=1</c> every
/// fault, and every fault with two replicas besides, which takes minutes.
/// </summary>
[Trait("Soak", "Chaos")]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    [Fact]
    public async Task Whatever_befalls_a_service_every_stream_ends_with_the_tokens_of_an_undisturbed_run()
    {
        // The first faults that this seed deals: a decoder dies, an orchestrator, and their callers go on with the tokens they have.
        await RunAsync(replicas: 1, seed: 13, faults: IsLong ? 5 : 2);
        if (IsLong)
        {
            await RunAsync(replicas: 2, seed: 4, faults: 10);
        }
    }

    private async Task RunAsync(int replicas, int seed, int faults)
    {
        // How fast is for the command to judge: a machine that runs tests is busy.
        var settings = new ChaosSettings
        {
            Seed = seed,
            Duration = Limit,
            MaximumFaults = faults,
            PauseLimit = Limit,
            ReadyLimit = Limit,
        };
        await using var lab = await ChaosLab.StartAsync(Path.Combine(Lab.Repository, "models"), replicas, seed, threads: 1, Cancellation).WaitAsync(Limit, Cancellation);

        var figures = await new ChaosRun(lab, settings, record => output.WriteLine(ChaosReport.Line(record))).RunAsync(Cancellation).WaitAsync(Limit, Cancellation);

        output.WriteLine(string.Join('\n', ChaosReport.Lines(figures)));
        Assert.Equal(faults, figures.Records.Count);
        Assert.True(figures.Answers >= settings.Streams);
        Assert.Empty(figures.Broken());
    }
}
