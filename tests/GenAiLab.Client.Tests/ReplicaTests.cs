namespace GenAiLab.Client.Tests;

/// <summary>Several orchestrators behind one client.</summary>
public sealed class ReplicaTests
{
    [Fact(Timeout = 60_000)]
    public async Task Calls_are_spread_and_go_on_when_a_replica_goes_away()
    {
        await using var staying = await ScriptedLab.StartAsync();
        var leaving = await ScriptedLab.StartAsync();
        using var client = new LabClient(new LabAddresses { Orchestrator = staying.Address, OrchestratorReplicas = [leaving.Address] });

        // The connections are made as calls need them: until both are there, one replica may get all.
        while (staying.Orchestrator.Embeds.IsEmpty || leaving.Orchestrator.Embeds.IsEmpty)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await EmbedAsync(client);
        }

        var before = (staying.Orchestrator.Embeds.Count, leaving.Orchestrator.Embeds.Count);
        for (var call = 0; call < 10; call++)
        {
            await EmbedAsync(client);
        }

        Assert.Equal((5, 5), (staying.Orchestrator.Embeds.Count - before.Item1, leaving.Orchestrator.Embeds.Count - before.Item2));

        await leaving.DisposeAsync();
        before.Item1 = staying.Orchestrator.Embeds.Count;
        for (var call = 0; call < 10; call++)
        {
            await EmbedAsync(client);
        }

        Assert.Equal(10, staying.Orchestrator.Embeds.Count - before.Item1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_one_replica_does_not_take_is_taken_by_another()
    {
        await using var willing = await ScriptedLab.StartAsync();
        await using var refusing = await ScriptedLab.StartAsync();
        refusing.Orchestrator.Unavailable = true;
        using var client = new LabClient(new LabAddresses { Orchestrator = refusing.Address, OrchestratorReplicas = [willing.Address] });

        while (refusing.Orchestrator.Embeds.Count < 3)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await EmbedAsync(client);
        }

        Assert.NotEmpty(willing.Orchestrator.Embeds);
    }

    [Fact]
    public async Task A_name_stands_for_all_of_its_addresses()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var generator = new LabEmbeddingGenerator(new Uri($"dns:///localhost:{lab.Address.Port}"));

        var embeddings = await generator.GenerateAsync(["a"]).WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);

        Assert.Single(embeddings);
    }

    [Fact]
    public void Addresses_that_do_not_go_together_are_refused()
    {
        Assert.Throws<ArgumentException>(static () => new LabChannel([]));
        Assert.Throws<ArgumentException>(static () => new LabChannel([new Uri("http://a:1"), new Uri("https://b:1")]));
        Assert.Throws<ArgumentException>(static () => new LabChannel([new Uri("dns:///a:1"), new Uri("dns:///b:1")]));
    }

    private static Task EmbedAsync(LabClient client) => client.EmbedAsync(["a"]).WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
}
