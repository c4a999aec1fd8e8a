using GenAiLab.V1;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client.Tests;

public sealed class LabEmbeddingGeneratorTests
{
    [Fact]
    public async Task Each_text_has_its_vector()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var generator = new LabEmbeddingGenerator(lab.Address, "lab-base");

        var embeddings = await WithinAsync(generator.GenerateAsync(["a", "bcd"]));

        Assert.Equal([[1f, 0f], [3f, 1f]], embeddings.Select(static embedding => embedding.Vector.ToArray()));
        Assert.All(embeddings, static embedding => Assert.Equal("scripted", embedding.ModelId));
        Assert.Equal((2L, 2L), (embeddings.Usage!.InputTokenCount, embeddings.Usage.TotalTokenCount));
        Assert.Equal(new OrchestratorEmbedRequest { Model = "lab-base", Texts = { "a", "bcd" } }, lab.Orchestrator.Embeds.Single());
    }

    [Fact]
    public async Task Any_number_of_texts_is_sent_in_portions_and_comes_back_in_order()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var generator = new LabEmbeddingGenerator(lab.Address);
        var texts = Enumerable.Range(1, 300).Select(static length => new string('x', length >= 299 ? 600_000 : length)).ToList();

        var embeddings = await WithinAsync(generator.GenerateAsync(texts));

        Assert.Equal(texts.Select(static text => (float)text.Length), embeddings.Select(static embedding => embedding.Vector.Span[0]));
        Assert.Equal(300, embeddings.Usage!.InputTokenCount);
        Assert.All(lab.Orchestrator.Embeds, static request => Assert.InRange(request.Texts.Count, 1, 256));
        Assert.All(lab.Orchestrator.Embeds, static request => Assert.InRange(request.CalculateSize(), 1, 1 << 20));
        Assert.Empty(await WithinAsync(generator.GenerateAsync([])));
    }

    [Fact]
    public async Task Options_arrive()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var owner = lab.Client();
        using var generator = owner.AsIEmbeddingGenerator("lab-base");

        await WithinAsync(generator.GenerateAsync(["a"], new EmbeddingGenerationOptions
        {
            ModelId = "lab-sft",
            Dimensions = 3,
            AdditionalProperties = new() { ["unnormalized"] = true, ["pooling"] = Pooling.Last },
        }));
        await WithinAsync(generator.GenerateAsync(["a"], new EmbeddingGenerationOptions
        {
            RawRepresentationFactory = static _ => new OrchestratorEmbedRequest { Model = "raw" },
        }));

        Assert.Equal(
            [new OrchestratorEmbedRequest { Model = "lab-sft", Dimensions = 3, Unnormalized = true, Pooling = Pooling.Last, Texts = { "a" } }, new OrchestratorEmbedRequest { Model = "raw", Texts = { "a" } }],
            lab.Orchestrator.Embeds);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => WithinAsync(generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { AdditionalProperties = new() { ["texts"] = "b" } })));
        Assert.Contains("'texts'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_who_it_is()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using IEmbeddingGenerator<string, Embedding<float>> generator = new LabEmbeddingGenerator(lab.Address, "lab-base");

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>();

        Assert.Equal(("genailab", lab.Address, "lab-base"), (metadata!.ProviderName, metadata.ProviderUri, metadata.DefaultModelId));
        Assert.Same(generator, generator.GetService<LabEmbeddingGenerator>());
        Assert.Null(generator.GetService<string>());
    }

    private static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
}
