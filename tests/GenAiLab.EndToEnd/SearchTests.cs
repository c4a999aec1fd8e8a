using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd;

/// <summary>Guesses and beams with lab-base itself, at a decoder with room for one beam at a time.</summary>
public sealed class SearchTests(SearchTests.SmallLab lab) : IClassFixture<SearchTests.SmallLab>
{
    private const int Width = 4;

    private static readonly string[] Prompts =
    [
        "The capital of France is", "The capital of Germany is Berlin. The capital of", "One day", "The opposite of hot is", "The cow has",
        "Two plus three is", "A fox and a hen", "Question: What is the capital of Spain? Answer:", "In the morning", "The dog",
    ];

    private static CallOptions Options => new(deadline: DateTime.UtcNow.AddSeconds(90), cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_beam_is_as_probable_as_the_greedy_text_or_more()
    {
        var better = 0;
        foreach (var prompt in Prompts)
        {
            var greedy = await GenerateAsync(new GenerateRequest { Text = prompt, MaxTokens = 12, Sampling = new SamplingProgram { Temperature = 0 } });
            var beam = await GenerateAsync(Beam(prompt));

            var (text, mean) = (beam.Tokens, beam.Finished.SumRawLogProbability);
            Assert.Equal(mean, text.Sum(static token => token.RawLogProbability), 1e-3);
            // Rated by the sum alone.
            Assert.Equal(mean, beam.Finished.Score, 1e-3);
            Assert.True(
                mean >= greedy.Finished.SumRawLogProbability - 1e-3, $"{prompt}: {mean} is less than the greedy text's {greedy.Finished.SumRawLogProbability}");
            better += mean > greedy.Finished.SumRawLogProbability + 1e-3 ? 1 : 0;
        }

        Assert.InRange(better, 1, Prompts.Length);
    }

    [Fact]
    public async Task Searches_that_share_too_few_slots_wait_for_each_other_and_not_for_ever()
    {
        var alone = new List<List<int>>();
        foreach (var prompt in Prompts)
        {
            alone.Add([.. (await GenerateAsync(Beam(prompt))).Tokens.Select(static token => token.TokenId)]);
        }

        var together = await Task.WhenAll(Prompts.Select(static prompt => Beam(prompt)).Select(GenerateAsync));

        Assert.Equal(alone, together.Select(static one => one.Tokens.Select(static token => token.TokenId).ToList()));
        var models = (await new V1.Decoder.DecoderClient(lab.Decoder).ListDecodersAsync(new ListDecodersRequest(), Options)).Decoders;
        Assert.Equal(0, models.Single(static model => model.Name == "lab-base").SlotsInUse);
    }

    [Theory]
    [InlineData("ngram", 0f, 0.3)]
    [InlineData("ngram", 0.8f, 0.03)]
    [InlineData("lab-draft", 0f, 0.5)]
    [InlineData("lab-draft", 0.8f, 0.4)]
    public async Task Texts_with_guesses_are_those_without(string guesser, float temperature, double leastKept)
    {
        var speculation = guesser == "ngram" ? new Speculation { Ngram = new NgramLookup() } : new Speculation { Draft = new DraftModel { Model = guesser } };
        var (same, drafted, accepted) = (0, 0, 0);
        foreach (var (at, prompt) in Prompts.Index())
        {
            var request = new GenerateRequest { Text = prompt, MaxTokens = 60, Mode = LoopMode.Step, Sampling = new SamplingProgram { Temperature = temperature, Seed = (ulong)at } };
            var plain = await GenerateAsync(request);
            var guessed = await GenerateAsync(new GenerateRequest(request) { Speculation = speculation });

            same += plain.Tokens.Select(static token => token.TokenId).SequenceEqual(guessed.Tokens.Select(static token => token.TokenId)) ? 1 : 0;
            drafted += guessed.Finished.DraftedTokens;
            accepted += guessed.Finished.AcceptedTokens;
        }

        // The last bits of logits differ between a run of one token and a run of several: a tie may fall the other way.
        Assert.InRange(same, Prompts.Length - 1, Prompts.Length);
        Assert.InRange(accepted, Math.Max(1, leastKept * drafted), drafted);
    }

    private static GenerateRequest Beam(string prompt) => new()
    {
        Text = prompt,
        MaxTokens = 12,
        BeamSearch = new BeamSearch { Width = Width, LengthPenalty = 0 },
    };

    private async Task<(List<GeneratedToken> Tokens, GenerationFinished Finished)> GenerateAsync(GenerateRequest request)
    {
        using var call = new V1.Orchestrator.OrchestratorClient(lab.Orchestrator).Generate(request, Options);
        var events = new List<GenerateResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            events.Add(response);
        }

        return ([.. events.Where(static e => e.Token is not null).Select(static e => e.Token)], events[^1].Finished);
    }

    /// <summary>A lab whose decoder has five slots for each model.</summary>
    public sealed class SmallLab : IAsyncLifetime
    {
        private LabProcess? _lab;

        public GrpcChannel Orchestrator { get; private set; } = null!;

        public GrpcChannel Decoder { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _lab = await LabProcess.StartAsync("inproc", new Dictionary<string, string> { ["Decoder__Slots"] = "5" });
            (Orchestrator, Decoder) = (GrpcChannel.ForAddress(_lab.Grpc("orchestrator")), GrpcChannel.ForAddress(_lab.Grpc("decoder")));
        }

        public async ValueTask DisposeAsync()
        {
            Orchestrator.Dispose();
            Decoder.Dispose();
            if (_lab is not null)
            {
                await _lab.DisposeAsync();
            }
        }
    }
}
