using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>Media as what is generated and as prompts: the loop is that of texts, only codes may come.</summary>
public sealed class MediaTests
{
    private const int Length = 12;
    private static readonly int Begin = FakeVocabulary.Id("Hello");

    public static TheoryData<LoopMode> Modes => [LoopMode.Pushdown, LoopMode.Step];

    [Theory, MemberData(nameof(Modes))]
    public async Task Only_codes_come_and_as_many_as_the_medium_has(LoopMode mode)
    {
        await using var lab = await StartAsync(Picture());

        var generation = await lab.GenerateAsync(Request(mode));

        Assert.Equal((MediaKind.Picture, Length), (generation.Started.MediaKind, generation.Started.MediaLength));
        Assert.Equal(Begin, generation.Started.Prompt[^1].Id);
        Assert.Equal(Length, generation.Tokens.Count);
        Assert.All(generation.Ids, static id => Assert.InRange(id, FakeVocabulary.Id((byte)'A'), FakeVocabulary.Id((byte)'Z')));
        Assert.True(generation.Tokens.Distinct().Count() > 5);
        Assert.Empty(generation.Text);
        var media = Assert.Single(generation.Events, static response => response.Media is not null).Media;
        Assert.Equal(("image/png", Length, true), (media.ContentType, media.Codes, media.Complete));
        Assert.Equal(generation.Ids.Select(static id => (byte)(id - 1)), media.Content);
        Assert.Equal(FinishReason.MaxTokens, generation.Finished.Reason);
        // What the model would have chosen otherwise had its share.
        Assert.All(generation.Tokens, static token => Assert.True(token.ProcessedLogProbability > token.RawLogProbability));
    }

    [Fact]
    public async Task Both_modes_make_the_same_medium()
    {
        await using var lab = await StartAsync(Picture());
        var pushdown = await lab.GenerateAsync(Request(LoopMode.Pushdown));
        var step = await lab.GenerateAsync(Request(LoopMode.Step));
        Assert.Equal(pushdown.Ids, step.Ids);
    }

    [Fact]
    public async Task It_is_shown_as_it_forms()
    {
        await using var lab = await StartAsync(Picture());
        var request = Request(LoopMode.Pushdown);
        request.MediaOutput.PreviewInterval = 5;

        var generation = await lab.GenerateAsync(request);

        var media = generation.Events.Where(static response => response.Media is not null).Select(static response => response.Media).ToList();
        Assert.Equal([5, 10, Length], media.Select(static medium => medium.Codes));
        Assert.Equal([false, false, true], media.Select(static medium => medium.Complete));
        Assert.StartsWith(media[0].Content.ToStringUtf8(), media[2].Content.ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_candidate_makes_its_own()
    {
        await using var lab = await StartAsync(Picture());
        var request = Request(LoopMode.Pushdown);
        request.Candidates = 3;

        var generation = await lab.GenerateAsync(request);

        for (var candidate = 0; candidate < 3; candidate++)
        {
            var own = generation.Candidate(candidate);
            var media = Assert.Single(own.Events, static response => response.Media is not null).Media;
            Assert.Equal(own.Ids.Select(static id => (byte)(id - 1)), media.Content);
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task What_has_no_fixed_length_ends_when_the_model_says_so_but_not_before_the_shortest(LoopMode mode)
    {
        await using var lab = await StartAsync(Sound(shortest: 3));
        lab.Decoder.Model = static (_, generated) => Logits(generated.Count < 1 ? FakeVocabulary.Id((byte)'B') : FakeVocabulary.EndOfSequence, FakeVocabulary.Id((byte)'C'));

        var generation = await lab.GenerateAsync(Request(mode, temperature: 0));

        var media = Assert.Single(generation.Events, static response => response.Media is not null).Media;
        Assert.Equal(("BCC", true), (media.Content.ToStringUtf8(), media.Complete));
        Assert.Equal(FinishReason.EndOfSequence, generation.Finished.Reason);
    }

    [Fact]
    public async Task A_medium_that_was_cut_is_said_to_be_so()
    {
        await using var lab = await StartAsync(Sound(shortest: 1));
        var request = Request(LoopMode.Pushdown);
        request.MaxTokens = 4;
        var media = Assert.Single((await lab.GenerateAsync(request)).Events, static response => response.Media is not null).Media;
        Assert.Equal((4, false), (media.Codes, media.Complete));
        request.MaxTokens = Length + 2;
        Assert.Equal(["max_tokens"], await lab.RefusedFieldsAsync(request));
    }

    [Fact]
    public async Task In_one_response_it_is_the_last_of_its_media()
    {
        await using var lab = await StartAsync(Picture());
        var request = Request(LoopMode.Pushdown);
        request.MediaOutput.PreviewInterval = 4;
        var response = await lab.Client.CompleteAsync(new CompleteRequest { Request = request }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(response.Completions.Single().Media.Complete);
    }

    [Fact]
    public async Task A_medium_is_a_prompt_like_any_other()
    {
        await using var lab = await StartAsync(Picture());
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("x"), FakeVocabulary.Id("."), FakeVocabulary.EndOfSequence);

        var generation = await lab.GenerateAsync(new GenerateRequest { Media = ByteString.CopyFromUtf8("ABC"), Sampling = new SamplingProgram { Temperature = 0 } });

        Assert.Equal(
            [FakeVocabulary.EndOfSequence, Begin, .. FakeVocabulary.Bytes("ABC")], generation.Started.Prompt.Select(static token => token.Id));
        Assert.Equal("x.", generation.Text);
        Assert.Equal(["media"], await lab.RefusedFieldsAsync(new GenerateRequest { Media = ByteString.CopyFromUtf8("broken") }));
        Assert.Equal(["media"], await lab.RefusedFieldsAsync(new GenerateRequest { Media = ByteString.Empty }));
        Assert.Equal(["media"], await lab.RefusedFieldsAsync(new GenerateRequest { Media = ByteString.CopyFrom(new byte[4_000_001]) }));
    }

    [Fact]
    public async Task Words_that_the_vocabulary_does_not_have_are_named()
    {
        await using var lab = await StartAsync(Picture());
        var request = Request(LoopMode.Pushdown);
        Assert.Empty((await lab.GenerateAsync(request)).Started.UnknownWords);
        request.Text = "qqcq";
        Assert.Equal(["q"], (await lab.GenerateAsync(request)).Started.UnknownWords);
    }

    [Fact]
    public async Task A_model_that_cannot_make_media_says_why()
    {
        await using var text = await FakeLab.StartAsync();
        Assert.Equal(StatusCode.FailedPrecondition, (await text.FailsAsync(Request(LoopMode.Pushdown))).StatusCode);

        var codec = Sound(shortest: 1);
        codec.EndId = FakeVocabulary.Id(".");
        await using var endless = await StartAsync(codec);
        var error = await endless.FailsAsync(Request(LoopMode.Pushdown));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("end", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_contradicts_a_medium_is_refused()
    {
        await using var lab = await StartAsync(Picture());
        await RefusedAsync(static request => request.Stop.Add("x"));
        await RefusedAsync(static request => request.Constraint = new Constraint { Regex = "a" });
        await RefusedAsync(static request => request.Guard = new Guard { Labels = { "x" }, Prompt = true });
        await RefusedAsync(static request => request.BeamSearch = new BeamSearch { Width = 2 });
        await RefusedAsync(static request => request.Sampling.BannedTokens.Add(3));
        await RefusedAsync(static request => request.Sampling.MinTokens = 1);
        await RefusedAsync(static request => request.Media = ByteString.CopyFromUtf8("ABC"));
        var negative = Request(LoopMode.Pushdown);
        negative.MediaOutput.PreviewInterval = -1;
        Assert.Equal(["media_output.preview_interval"], await lab.RefusedFieldsAsync(negative));

        async Task RefusedAsync(Action<GenerateRequest> change)
        {
            var request = Request(LoopMode.Unspecified, temperature: null);
            change(request);
            Assert.Contains("media_output", await lab.RefusedFieldsAsync(request));
        }
    }

    private static async Task<FakeLab> StartAsync(MediaCodec codec)
    {
        var lab = await FakeLab.StartAsync(tokenizer => (tokenizer.Codec, tokenizer.UnknownId) = (codec, FakeVocabulary.Id((byte)'q')));
        lab.Decoder.Model = FakeDecoder.Noise();
        return lab;
    }

    private static GenerateRequest Request(LoopMode mode, float? temperature = 1)
    {
        var request = new GenerateRequest { Text = "a cat", Mode = mode, MediaOutput = new MediaOutput(), Sampling = new SamplingProgram { Seed = 3 } };
        if (temperature is { } set)
        {
            request.Sampling.Temperature = set;
        }

        return request;
    }

    private static MediaCodec Picture() => new()
    {
        Kind = MediaKind.Picture,
        ContentType = "image/png",
        FirstCodeId = FakeVocabulary.Id((byte)'A'),
        CodeCount = 26,
        MinimumLength = Length,
        MaximumLength = Length,
        BeginId = Begin,
    };

    private static MediaCodec Sound(int shortest)
    {
        var codec = Picture();
        (codec.Kind, codec.ContentType, codec.MinimumLength, codec.EndId) = (MediaKind.Sound, "audio/wav", shortest, FakeVocabulary.EndOfSequence);
        return codec;
    }

    private static float[] Logits(int best, int second)
    {
        var logits = new float[FakeVocabulary.Size];
        (logits[best], logits[second]) = (20, 10);
        return logits;
    }
}
