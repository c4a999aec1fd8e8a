using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Search;

/// <summary>Beam search through the whole orchestrator, at a decoder whose every text can be enumerated.</summary>
public sealed class BeamSearchTests
{
    private const int End = FakeVocabulary.EndOfSequence;
    private static readonly int A = FakeVocabulary.Id("Hello");
    private static readonly int B = FakeVocabulary.Id(" world");
    private static readonly int C = FakeVocabulary.Id("x");

    [Theory]
    [InlineData(1f)]
    [InlineData(0f)]
    [InlineData(-1f)]
    public async Task A_beam_that_is_wide_enough_finds_the_best_texts_that_there_are(float lengthPenalty)
    {
        await using var lab = await StartAsync();
        var texts = Texts(length: 2, []).Select(text => (Ids: text, Rating: Sum(text) / Math.Pow(text.Length, lengthPenalty))).OrderByDescending(static text => text.Rating).ToList();
        Assert.InRange(texts.Count, 10, 16);

        var found = await lab.GenerateAsync(Search(width: 16, maxTokens: 2, candidates: 5, lengthPenalty));

        for (var place = 0; place < 5; place++)
        {
            var (ids, finished) = Candidate(found, place);
            Assert.Equal(texts[place].Ids, ids);
            Assert.Equal(texts[place].Rating, finished.Score, 1e-4);
            Assert.Equal(Sum(texts[place].Ids), finished.SumRawLogProbability, 1e-4);
            Assert.Equal(ids[^1] == End ? FinishReason.EndOfSequence : FinishReason.MaxTokens, finished.Reason);
        }
    }

    [Fact]
    public async Task Its_streams_fork_one_prompt_and_end_in_order()
    {
        await using var lab = await StartAsync();
        var most = 0;
        lab.Decoder.BeforeToken = (_, _) =>
        {
            most = Math.Max(most, lab.Decoder.OpenStreams);
            return Task.CompletedTask;
        };

        var found = await lab.GenerateAsync(Search(width: 3, maxTokens: 12));

        Assert.Equal(LoopMode.Step, found.Started.Mode);
        Assert.Equal((2, 3), (lab.Decoder.Opened.First().ReservedForks, lab.Decoder.Opened.First().Prompt.Ids.Count));
        Assert.All(lab.Decoder.Opened.Skip(1), static open => Assert.Equal((0, 1), (open.ReservedForks, open.Prompt.Ids.Count)));
        Assert.All(lab.Decoder.Opened.Skip(1), static open => Assert.NotNull(open.Fork));
        // One that ends and the fork that takes its place may meet.
        Assert.InRange(most, 3, 6);
        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
        Assert.False(lab.Decoder.Cancelled.IsCompleted, "the sessions end in order");
    }

    [Fact]
    public async Task The_same_request_finds_the_same_where_all_texts_are_as_probable()
    {
        await using var lab = await StartAsync();
        lab.Decoder.Model = static (_, _) => Logits(static id => id == End ? 0 : 1);

        var first = await lab.GenerateAsync(Search(width: 4, maxTokens: 6, candidates: 4));
        var second = await lab.GenerateAsync(Search(width: 4, maxTokens: 6, candidates: 4));

        Assert.Equal(Enumerable.Repeat(Math.Min(A, Math.Min(B, C)), 5), Candidate(first, 0).Ids.Take(5));
        Assert.Equal(first.Ids, second.Ids);
    }

    [Theory]
    [InlineData("Leaving")]
    [InlineData("Dead")]
    public async Task A_search_outlives_its_decoder(string how)
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        foreach (var decoder in lab.Fleet)
        {
            decoder.Model = Chain;
        }

        var calm = await lab.GenerateAsync(Search(width: 3, maxTokens: 10, candidates: 3));
        var lost = 0;
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, _) => generated == 4 && Interlocked.Exchange(ref lost, 1) == 0
                ? throw (how == "Dead" ? RpcErrors.Unavailable("gone") : RpcErrors.Leaving("the service is stopping")) : Task.CompletedTask;
        }

        var moved = await lab.GenerateAsync(Search(width: 3, maxTokens: 10, candidates: 3));

        Assert.Equal(1, lost);
        Assert.Equal(calm.Ids, moved.Ids);
        Assert.Equal(1, moved.Finished.Resumes);
        await Patience.UntilAsync(() => lab.Fleet.All(static decoder => decoder.Sessions == 0));
    }

    [Fact]
    public async Task A_stop_sequence_finishes_a_text_and_what_comes_after_it_is_not_searched()
    {
        await using var lab = await StartAsync();
        var request = Search(width: 16, maxTokens: 3, candidates: 16);
        request.Stop.Add("lo w"); // From A into B.

        var found = await lab.GenerateAsync(request);

        var stopped = Enumerable.Range(0, 16).Select(place => Candidate(found, place)).Where(static one => one.Finished.Reason == FinishReason.StopSequence).ToList();
        Assert.NotEmpty(stopped);
        Assert.All(stopped, one => Assert.Equal([A, B], one.Ids.TakeLast(2)));
        Assert.All(Enumerable.Range(0, 16).Select(place => Candidate(found, place).Ids), ids => Assert.DoesNotContain((A, B), ids.SkipLast(1).Zip(ids.SkipLast(1).Skip(1))));
    }

    [Fact]
    public async Task Min_tokens_bans_and_biases_apply()
    {
        await using var lab = await StartAsync();
        var request = Search(width: 4, maxTokens: 5, candidates: 4);
        request.Alternatives = 4;
        request.Sampling = new SamplingProgram { MinTokens = 3, BannedTokens = { B }, LogitBias = { new LogitBias { TokenId = C, Bias = 8 } } };

        var found = await lab.GenerateAsync(request);

        Assert.Equal(DistributionForm.Full, lab.Decoder.Opened.First().Form);
        Assert.All(Enumerable.Range(0, 4), place =>
        {
            var (ids, finished) = Candidate(found, place);
            Assert.InRange(ids.Length, 4, 5);
            Assert.DoesNotContain(B, ids);
            // Rated by what the bias made of it, reported as the model has it.
            Assert.Equal(Sum(ids), finished.SumRawLogProbability, 1e-4);
            Assert.True(finished.Score * ids.Length > finished.SumRawLogProbability);
        });
        Assert.Equal([C, C, C], Candidate(found, 0).Ids.Take(3));
        // What a ban leaves out is still an alternative of the model's.
        var banned = found.Tokens.SelectMany(static token => token.Alternatives).Where(static alternative => alternative.TokenId == B).ToList();
        Assert.NotEmpty(banned);
        Assert.DoesNotContain(banned, static alternative => alternative.HasProcessedLogProbability);
        Assert.All(found.Tokens, static token => Assert.Equal(token.Alternatives.FirstOrDefault(one => one.TokenId == token.TokenId)?.Rank ?? token.Rank, token.Rank));
    }

    [Fact]
    public async Task The_context_window_ends_it()
    {
        await using var lab = await StartAsync();
        lab.Decoder.Model = static (_, _) => Logits(static id => id == End ? -50 : 1);
        var request = Search(width: 2, maxTokens: 40);
        request.Text = new string('p', FakeDecoder.ContextLength - 4);

        var found = await lab.GenerateAsync(request);

        Assert.Equal((3, FinishReason.ContextFull), (found.Tokens.Count, found.Finished.Reason));
    }

    [Fact]
    public async Task A_caller_that_leaves_frees_every_stream()
    {
        await using var lab = await StartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Decoder.BeforeToken = (generated, cancellation) =>
        {
            if (generated < 3)
            {
                return Task.CompletedTask;
            }

            begun.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        using var cancellation = new CancellationTokenSource();
        using var call = lab.Client.Generate(Search(width: 3, maxTokens: 10), cancellationToken: cancellation.Token);
        await begun.Task.Patiently();

        await cancellation.CancelAsync();

        await Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
    }

    [Theory]
    [InlineData("beam_search.width", "narrow")]
    [InlineData("beam_search.width", "wide")]
    [InlineData("beam_search.width", "candidates")]
    [InlineData("beam_search.length_penalty", "penalty")]
    [InlineData("beam_search", "mode")]
    [InlineData("beam_search", "temperature")]
    [InlineData("beam_search", "seed")]
    [InlineData("beam_search", "best_of")]
    [InlineData("beam_search", "guidance")]
    [InlineData("beam_search", "constraint")]
    [InlineData("speculation", "speculation")]
    public async Task What_is_out_of_range_or_contradicts_it_is_refused(string field, string what)
    {
        await using var lab = await StartAsync();
        var request = Search(width: 3, maxTokens: 4);
        switch (what)
        {
            case "narrow": request.BeamSearch.Width = 1; break;
            case "wide": request.BeamSearch.Width = 17; break;
            case "candidates": request.Candidates = 4; break;
            case "penalty": request.BeamSearch.LengthPenalty = float.NaN; break;
            case "mode": request.Mode = LoopMode.Pushdown; break;
            case "temperature": request.Sampling = new SamplingProgram { Temperature = 0.5f }; break;
            case "seed": request.Sampling = new SamplingProgram { Seed = 1 }; break;
            case "best_of": request.BestOf = 2; break;
            case "guidance": request.Guidance = new Guidance { Label = "a", Strength = 1 }; break;
            case "constraint": request.Constraint = new Constraint { Regex = "a" }; break;
            default: request.Speculation = new V1.Speculation { Ngram = new NgramLookup() }; break;
        }

        var error = await lab.FailsAsync(request);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    private static async Task<FakeLab> StartAsync()
    {
        var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Chain;
        return lab;
    }

    private static GenerateRequest Search(int width, int maxTokens, int candidates = 1, float? lengthPenalty = null)
    {
        var request = new GenerateRequest { Text = "Hi", MaxTokens = maxTokens, Candidates = candidates, BeamSearch = new V1.BeamSearch { Width = width } };
        if (lengthPenalty is { } penalty)
        {
            request.BeamSearch.LengthPenalty = penalty;
        }

        return request;
    }

    private static (int[] Ids, GenerationFinished Finished) Candidate(Generation generation, int candidate) => (
        [.. generation.Events.Where(e => e.Candidate == candidate && e.Token is not null).Select(static e => e.Token.TokenId)],
        generation.Events.Single(e => e.Candidate == candidate && e.Finished is not null).Finished);

    // What comes next depends on what was generated, all of it.
    private static float[] Chain(IReadOnlyList<int> prompt, IReadOnlyList<int> generated)
    {
        var random = new Random(prompt.Concat(generated).Aggregate(5, static (hash, id) => unchecked((hash * 31) + id)));
        var weights = new[] { End, A, B, C }.ToDictionary(static id => id, id => (float)random.NextDouble() * (id == End ? 1 : 3));
        return Logits(id => weights[id]);
    }

    // Three words and the end; all else is impossible.
    private static float[] Logits(Func<int, float> logit)
    {
        var logits = new float[FakeVocabulary.Size];
        Array.Fill(logits, float.NegativeInfinity);
        foreach (var id in new[] { End, A, B, C })
        {
            logits[id] = logit(id);
        }

        return logits;
    }

    private static IEnumerable<int[]> Texts(int length, int[] begun) => begun.Length > 0 && (begun[^1] == End || begun.Length == length)
        ? [begun]
        : new[] { End, A, B, C }.SelectMany(id => Texts(length, [.. begun, id]));

    private static double Sum(int[] text)
    {
        int[] prompt = [End, .. FakeVocabulary.Bytes("Hi")];
        return text.Select((id, at) =>
        {
            var logits = Chain(prompt, text[..at]);
            return logits[id] - Math.Log(logits.Sum(static logit => Math.Exp(logit)));
        }).Sum();
    }
}
