using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Guards;

public sealed class GuidanceTests
{
    private static readonly int A = FakeVocabulary.Id("a");
    private static readonly int X = FakeVocabulary.Id((byte)'x');

    [Fact]
    public async Task The_label_decides_among_the_most_probable_tokens()
    {
        await using var lab = await FakeLab.StartAsync();
        // log p(x | …x) − log p(x | …a) is 4.5: more than what "a" is ahead.
        lab.Decoder.Model = (_, _) => Logits((A, 10), (X, 8));

        Assert.Equal("xxx", (await lab.GenerateAsync(Guided(1))).Text);
        Assert.Equal("aaa", (await lab.GenerateAsync(Guided(0.2f))).Text);
        Assert.Equal("aaa", (await lab.GenerateAsync(Guided(-1))).Text);
    }

    [Fact]
    public async Task The_model_s_own_log_probabilities_are_reported()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = (_, _) => Logits((A, 10), (X, 8));
        var request = Guided(1);
        (request.Alternatives, request.Sampling.Temperature) = (2, 1);
        var plain = new GenerateRequest(request) { Guidance = null, Mode = LoopMode.Step };

        var guided = (await lab.GenerateAsync(request)).Tokens[0];
        var expected = (await lab.GenerateAsync(plain)).Tokens[0];

        Assert.Equal(expected.Alternatives.Select(static one => (one.TokenId, one.RawLogProbability, one.Rank)), guided.Alternatives.Select(static one => (one.TokenId, one.RawLogProbability, one.Rank)));
        var share = Math.Exp(8) * 0.9 / ((Math.Exp(8) * 0.9) + (Math.Exp(10) * 0.01));
        Assert.Equal(Math.Log(share), guided.Alternatives[1].ProcessedLogProbability, 0.02);
    }

    [Fact]
    public async Task Only_so_many_tokens_are_rated_and_no_other_is_chosen()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = (_, _) => Logits((A, 10), (FakeVocabulary.Id("b"), 9), (FakeVocabulary.Id("c"), 8), (X, 7));
        var request = Guided(100);
        (request.MaxTokens, request.Guidance.Top) = (1, 3);

        Assert.Equal("a", (await lab.GenerateAsync(request)).Text);
        Assert.Equal(["pa", "pb", "pc"], lab.Classifier.Texts.Order());
        request.Guidance.Top = 4;
        Assert.Equal("x", (await lab.GenerateAsync(request)).Text);
    }

    [Fact]
    public async Task With_a_constraint_the_most_probable_of_the_allowed_tokens_are_rated()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = (_, _) => Logits((FakeVocabulary.Id("b"), 20), (FakeVocabulary.Id("c"), 19), (A, 10), (X, 8));
        var request = Guided(1);
        request.Guidance.Top = 2;
        request.Constraint = new Constraint { Regex = "[ax]{3}" };

        var guided = await lab.GenerateAsync(request);

        Assert.Equal(("xxx", true), (guided.Text, guided.Finished.ConstraintSatisfied));
        Assert.DoesNotContain(lab.Classifier.Texts, static text => text.Contains('b', StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_is_judged_by_itself_and_its_end_as_it_stands()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = (_, generated) => generated.Count == 0 ? Logits((A, 10), (0, 9)) : Logits((0, 10), (X, 9));
        var request = Guided(1);
        request.Chat = new ChatMessages { Messages = { new ChatMessage { Role = "user", Content = "q" } } };
        request.Guidance.Top = 2;

        var generation = await lab.GenerateAsync(request);

        Assert.Equal(("ax", FinishReason.EndOfSequence), (generation.Text, generation.Finished.Reason));
        Assert.Equal(["a", "a", "ax", "ax", "axx"], lab.Classifier.Texts.Order());
    }

    [Fact]
    public async Task A_long_text_is_judged_by_its_end()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = (_, _) => Logits((A, 10), (X, 9));
        var request = Guided(1);
        request.Tokens = new TokenIds { Ids = { FakeVocabulary.Bytes("éééééééééé").Concat(Enumerable.Repeat(FakeVocabulary.Id(" world"), 8)) } };
        request.MaxTokens = 2;

        await lab.GenerateAsync(request);

        // 64 tokens are taken: 63 bytes in any vocabulary, and no character is cut.
        Assert.All(lab.Classifier.Texts, static text => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(text), 62, 63));
        Assert.All(lab.Classifier.Texts, static text => Assert.StartsWith("ééé", text));
    }

    [Fact]
    public async Task Candidates_are_guided_each_by_its_own_text()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var request = Guided(1);
        (request.Candidates, request.MaxTokens, request.Sampling) = (3, 6, new SamplingProgram { Seed = 4 });

        var together = (await lab.GenerateAsync(request)).Events.Where(static e => e.Token is not null)
            .GroupBy(static e => e.Candidate).ToDictionary(static group => group.Key, static group => group.Select(static e => e.Token.TokenId).ToList());

        for (var candidate = 0; candidate < 3; candidate++)
        {
            var alone = new GenerateRequest(request) { Candidates = 1 };
            alone.Sampling.Seed = 4 + (ulong)candidate;
            Assert.Equal((await lab.GenerateAsync(alone)).Ids, together[candidate]);
        }
    }

    [Fact]
    public async Task A_classifier_that_fails_is_not_the_decoder_s_failure()
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        lab.Classifier.BeforeAnswer = static _ => throw RpcErrors.Internal("no");

        var error = await lab.FailsAsync(Guided(1));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(1, lab.Fleet.Sum(static decoder => decoder.Begun));
        lab.Classifier.BeforeAnswer = static _ => Task.CompletedTask;
        Assert.Equal(3, (await lab.GenerateAsync(Guided(1))).Tokens.Count);
    }

    [Fact]
    public async Task Guidance_that_contradicts_the_contract_is_refused()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("guidance", await FieldAsync(static request => request.Mode = LoopMode.Pushdown));
        Assert.Equal("guidance.label", await FieldAsync(static request => request.Guidance.Label = ""));
        Assert.Equal("guidance.label", await FieldAsync(static request => request.Guidance.Label = "y"));
        Assert.Equal("guidance.strength", await FieldAsync(static request => request.Guidance.Strength = 101));
        Assert.Equal("guidance.strength", await FieldAsync(static request => request.Guidance.Strength = float.NaN));
        Assert.Equal("guidance.top", await FieldAsync(static request => request.Guidance.Top = 1));
        Assert.Equal("guidance.top", await FieldAsync(static request => request.Guidance.Top = 33));

        async Task<string> FieldAsync(Action<GenerateRequest> change)
        {
            var request = Guided(1);
            change(request);
            return (await lab.FailsAsync(request)).Field();
        }
    }

    private static float[] Logits(params (int Id, float Logit)[] some)
    {
        var logits = new float[FakeVocabulary.Size];
        foreach (var (id, logit) in some)
        {
            logits[id] = logit;
        }

        return logits;
    }

    private static GenerateRequest Guided(float strength) => new()
    {
        Text = "p",
        MaxTokens = 3,
        Sampling = new SamplingProgram { Temperature = 0, Seed = 1 },
        Guidance = new V1.Guidance { Classifier = FakeClassifier.Letters, Label = "x", Strength = strength },
    };
}
