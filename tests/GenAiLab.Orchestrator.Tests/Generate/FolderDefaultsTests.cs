using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>What a model's folder says applies to whatever a request leaves unset.</summary>
public sealed class FolderDefaultsTests
{
    private static readonly GenerationDefaults Defaults = new()
    {
        Temperature = 0.7f,
        TopK = 20,
        TopP = 0.8f,
        MinP = 0.05f,
        TypicalP = 0.9f,
        RepetitionPenalty = 1.1f,
        MinTokens = 2,
        MaxTokens = 6,
    };

    private static readonly GenerationDefaults Greedy = new() { Temperature = 0, TopK = 20 };

    [Theory]
    [InlineData("{}", """{ "temperature": 0.7, "topK": 20, "topP": 0.8, "minP": 0.05, "typicalP": 0.9, "repetitionPenalty": 1.1, "minTokens": 2 }""")]
    [InlineData(
        """{ "temperature": 1, "topK": 0, "topP": 1, "minP": 0, "typicalP": 1, "repetitionPenalty": 1, "minTokens": 0 }""",
        """{ "temperature": 1, "topK": 0, "topP": 1, "minP": 0, "typicalP": 1, "repetitionPenalty": 1, "minTokens": 0 }""")]
    [InlineData("""{ "mirostat": {} }""", """{ "mirostat": {}, "temperature": 0.7, "repetitionPenalty": 1.1, "minTokens": 2 }""")]
    [InlineData(
        """{ "order": ["SAMPLER_STEP_TOP_P"] }""",
        """{ "order": ["SAMPLER_STEP_TOP_P"], "topP": 0.8, "minTokens": 2 }""")]
    public void A_program_is_filled_where_that_contradicts_nothing(string requested, string expected)
    {
        var filled = Apply(requested, Defaults);
        Assert.Equal(SamplingProgram.Parser.ParseJson(expected), filled.Sampling);
        Assert.Equal(6, filled.MaxTokens);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{ "temperatureRange": 0.5 }""", false)]
    [InlineData("""{ "mirostat": {} }""", false)]
    [InlineData("""{ "temperature": 0.5 }""", false)]
    public void A_folder_that_asks_for_the_most_probable_token_gets_it_unless_the_request_draws(string requested, bool greedy) =>
        Assert.Equal(greedy, Apply(requested, Greedy).Sampling is { HasTemperature: true, Temperature: 0 });

    [Fact]
    public void A_beam_search_is_not_sampled()
    {
        var filled = FolderDefaults.Apply(new GenerateRequest { BeamSearch = new BeamSearch { Width = 4 } }, Model(Defaults));
        Assert.Equal(new SamplingProgram { MinTokens = 2 }, filled.Sampling);
    }

    [Fact]
    public void A_folder_that_says_nothing_changes_nothing()
    {
        Assert.Equal((new SamplingProgram(), 48), (Apply("{}", null).Sampling, Apply("{}", null).MaxTokens)); // 128, but the window holds 48.
        Assert.Equal(5, FolderDefaults.Apply(new GenerateRequest { MaxTokens = 5 }, Model(Defaults)).MaxTokens);
    }

    [Theory]
    [InlineData(LoopMode.Pushdown)]
    [InlineData(LoopMode.Step)]
    public async Task The_program_in_use_is_reported_and_is_the_one_that_draws(LoopMode mode)
    {
        await using var lab = await FakeLab.StartInProcessAsync(Model(Defaults));
        lab.Decoder.Model = FakeDecoder.Noise();
        var byFolder = await lab.GenerateAsync(new GenerateRequest { Text = "ab", Mode = mode, Sampling = new SamplingProgram { Seed = 4 } });
        Assert.Equal((0.7f, 20, 4UL, 6), (byFolder.Started.Sampling.Temperature, byFolder.Started.Sampling.TopK, byFolder.Started.Sampling.Seed, byFolder.Started.MaxTokens));
        Assert.Equal(6, byFolder.Tokens.Count);

        await using var other = await FakeLab.StartInProcessAsync(Model(null));
        other.Decoder.Model = FakeDecoder.Noise();
        var byRequest = await other.GenerateAsync(new GenerateRequest { Text = "ab", Mode = mode, MaxTokens = 6, Sampling = byFolder.Started.Sampling });
        Assert.Equal(byRequest.Ids, byFolder.Ids);
        var neither = await other.GenerateAsync(new GenerateRequest { Text = "ab", Mode = mode, MaxTokens = 6, Sampling = new SamplingProgram { Seed = 4 } });
        Assert.NotEqual(neither.Ids, byFolder.Ids);
    }

    [Fact]
    public async Task Models_are_listed_with_what_their_folders_say()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models[0].Card = new ModelCard { Layout = ModelLayout.Optimum, CacheForm = CacheForm.Copied, Defaults = Defaults };
        var listing = await lab.Client.ListModelsAsync(new ListModelsRequest(), deadline: DateTime.UtcNow + Patience.Limit);
        Assert.Equal(lab.Decoder.Models[0].Card, Assert.Single(listing.Models).Card);
    }

    private static GenerateRequest Apply(string program, GenerationDefaults? defaults) =>
        FolderDefaults.Apply(new GenerateRequest { Sampling = SamplingProgram.Parser.ParseJson(program) }, Model(defaults));

    private static DecoderDescription Model(GenerationDefaults? defaults)
    {
        var model = FakeDecoder.Describe("fake-base", ModelState.Ready);
        model.Card = defaults is null ? null : new ModelCard { Defaults = defaults };
        return model;
    }
}
