using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using GenAiLab.Sampling;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>The logits of the next token, given prompt and tokens so far.</summary>
internal delegate float[] Model(IReadOnlyList<int> prompt, IReadOnlyList<int> generated);

/// <summary>
/// A decoder without a model: scripted logits, both modes, real sampling. Says what it saw: which
/// requests came, how many sessions are open, how the last one ended.
/// </summary>
internal sealed class FakeDecoder : V1.Decoder.DecoderBase
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, FakeStream> _streams = new();
    private readonly ConcurrentDictionary<string, FakeCall> _calls = new();
    private int _sessions;
    private int _written;
    private int _begun;
    private int _reports;
    private int _embeddings;
    private int _mostEmbeddings;

    public const int ContextLength = 48;

    /// <summary>What is generated; by default "x" without end.</summary>
    public Model Model { get; set; } = Always(FakeVocabulary.Id("x"));

    /// <summary>The model called "fake-draft"; the same as <see cref="Model"/> unless set.</summary>
    public Model? Draft { get; set; }

    /// <summary>Awaited before every answer of "fake-draft".</summary>
    public Func<CancellationToken, Task> BeforeDraft { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What was asked for in pushdown mode.</summary>
    public ConcurrentQueue<GenerateTokensRequest> Pushed { get; } = new();

    /// <summary>What "fake-draft" was asked for.</summary>
    public ConcurrentQueue<GenerateTokensRequest> Drafts { get; } = new();

    /// <summary>Awaited before every distribution and token; the argument is the number of tokens generated so far.</summary>
    public Func<int, CancellationToken, Task> BeforeToken { get; set; } = static (_, _) => Task.CompletedTask;

    public List<DecoderDescription> Models { get; } = [Describe("fake-base", ModelState.Ready)];

    public ConcurrentQueue<StepOpen> Opened { get; } = new();

    public ConcurrentQueue<StepAppend> Appended { get; } = new();

    /// <summary>Step streams that run.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Completes when a session ended by cancellation.</summary>
    public Task Cancelled => _cancelled.Task;

    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Streams begun so far.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Load reports asked for so far.</summary>
    public int Reports => Volatile.Read(ref _reports);

    /// <summary>Candidates that were ended by the caller.</summary>
    public ConcurrentQueue<int[]> Ended { get; } = new();

    /// <summary>Awaited before every load report.</summary>
    public Func<CancellationToken, Task> BeforeReport { get; set; } = static _ => Task.CompletedTask;

    public int Written => Volatile.Read(ref _written);

    /// <summary>Generates the tokens in order, and then the last one for ever.</summary>
    public static Model Script(params int[] tokens) => (_, generated) => OneHot(tokens[Math.Min(generated.Count, tokens.Length - 1)]);

    public static Model Always(int token) => Script(token);

    /// <summary>Logits that look random and depend on the tokens so far.</summary>
    public static Model Noise() => static (prompt, generated) =>
    {
        var random = new Random(prompt.Concat(generated).Aggregate(17, static (hash, id) => unchecked((hash * 31) + id)));
        return [.. Enumerable.Range(0, FakeVocabulary.Size).Select(id => id == FakeVocabulary.EndOfSequence ? -20f : (float)(random.NextDouble() * 8))];
    };

    public static DecoderDescription Describe(string name, ModelState state, string failure = "", string vocabulary = FakeVocabulary.Name) => new()
    {
        Name = name,
        State = state,
        Failure = failure,
        ContextLength = ContextLength,
        VocabularySize = FakeVocabulary.Size,
        Vocabulary = vocabulary,
        EndOfSequenceIds = { FakeVocabulary.EndOfSequence },
    };

    public override Task<ListDecodersResponse> ListDecoders(ListDecodersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListDecodersResponse { Decoders = { Models }, DefaultDecoder = "fake-base" });

    public override async Task<ReportLoadResponse> ReportLoad(ReportLoadRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _reports);
        await BeforeReport(context.CancellationToken);
        return new ReportLoadResponse
        {
            InstanceId = "fake",
            DefaultModel = "fake-base",
            Models = { Models.Select(model => new ModelLoad { Model = model.Name, Slots = 8, SlotsInUse = Sessions, PrefixGranularity = 16 }) },
        };
    }

    public override Task Step(
        IAsyncStreamReader<StepRequest> requestStream, IServerStreamWriter<StepResponse> responseStream, ServerCallContext context) =>
        SessionAsync(context, async cancellation =>
        {
            Assert.True(await requestStream.MoveNext(cancellation));
            var open = requestStream.Current.Open;
            Opened.Enqueue(open);
            using var stream = new FakeStream(open, _streams);
            var append = new StepAppend();
            while (true)
            {
                await BeforeToken(stream.Generated.Count, cancellation);
                if (stream.Length >= ContextLength)
                {
                    await responseStream.WriteAsync(new StepResponse { Finish = FinishReason.ContextFull }, cancellation);
                    return;
                }

                var isFirst = stream.Generated.Count == 0;
                var response = new StepResponse
                {
                    Position = stream.Length,
                    Distribution = Distribute(stream.Logits(Model, back: 0), open),
                    Timing = new DecoderTiming { PrefillNanoseconds = isFirst ? 5 : 0, DecodeNanoseconds = isFirst ? 0 : 7 },
                    SessionId = isFirst ? stream.Id : "",
                };
                for (var back = append.EveryPosition ? append.TokenIds.Count - 1 : 0; back > 0; back--)
                {
                    response.Earlier.Add(Distribute(stream.Logits(Model, back), open));
                }

                await responseStream.WriteAsync(response, cancellation);
                Interlocked.Increment(ref _written);
                if (!await requestStream.MoveNext(cancellation))
                {
                    return;
                }

                append = requestStream.Current.Append;
                Appended.Enqueue(append);
                stream.Append(append);
            }
        });

    public override Task GenerateTokens(
        GenerateTokensRequest request, IServerStreamWriter<GenerateTokensResponse> responseStream, ServerCallContext context) =>
        SessionAsync(context, async cancellation =>
        {
            Assert.True(request.Sampling.HasSeed);
            Pushed.Enqueue(request);
            var model = Model;
            if (request.Model == "fake-draft")
            {
                model = Draft ?? Model;
                Drafts.Enqueue(request);
                await BeforeDraft(cancellation);
            }

            // Candidates take turns, as in a batch.
            var call = new FakeCall(request, model);
            _calls[call.Id] = call;
            while (!call.HasEnded)
            {
                foreach (var candidate in call.Open())
                {
                    await BeforeToken(candidate.Generated, cancellation);
                    await responseStream.WriteAsync(candidate.Next(), cancellation);
                    Interlocked.Increment(ref _written);
                }
            }
        });

    /// <summary>By the scripted logits, which see the tokens before each as generated.</summary>
    public override Task<ScoreResponse> Score(ScoreRequest request, ServerCallContext context)
    {
        var ids = request.Tokens.Ids;
        Scored.Enqueue(request);
        var response = new ScoreResponse();
        for (var at = request.First; at < ids.Count; at++)
        {
            var logits = Model([], [.. ids.Take(at)]);
            var sum = (float)Distribution.LogSumExp(logits);
            var (top, values) = TopCandidates.Select(logits, Math.Max(1, request.Alternatives));
            var token = new SampledToken
            {
                TokenId = ids[at],
                RawLogProbability = logits[ids[at]] - sum,
                Rank = 1 + logits.Count(logit => logit > logits[ids[at]]),
            };
            token.Alternatives.AddRange(top.Take(request.Alternatives).Select((id, rank) =>
                new TokenCandidate { TokenId = id, RawLogProbability = values[rank] - sum, Rank = rank + 1 }));
            response.Tokens.Add(token);
        }

        return Task.FromResult(response);
    }

    public ConcurrentQueue<ScoreRequest> Scored { get; } = new();

    /// <summary>A vector of 3: how many tokens, how many are x, and 1; scaled to length 1 unless told otherwise.</summary>
    public override async Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context)
    {
        var open = Interlocked.Increment(ref _embeddings);
        InterlockedMaximum(ref _mostEmbeddings, open);
        try
        {
            await BeforeEmbedding(context.CancellationToken);
            float[] values = [request.Tokens.Ids.Count, request.Tokens.Ids.Count(static id => id == FakeVocabulary.Id((byte)'x')), 1];
            var length = request.Unnormalized ? 1 : MathF.Sqrt(values.Sum(static value => value * value));
            return new EmbedResponse { Values = { values.Select(value => value / length) } };
        }
        finally
        {
            Interlocked.Decrement(ref _embeddings);
        }
    }

    /// <summary>Awaited before every embedding.</summary>
    public Func<CancellationToken, Task> BeforeEmbedding { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Embeddings under way now, and the most that were at a time.</summary>
    public int Embeddings => Volatile.Read(ref _embeddings);

    public int MostEmbeddings => Volatile.Read(ref _mostEmbeddings);

    private static void InterlockedMaximum(ref int maximum, int value)
    {
        for (var seen = Volatile.Read(ref maximum); seen < value; seen = Volatile.Read(ref maximum))
        {
            Interlocked.CompareExchange(ref maximum, value, seen);
        }
    }

    public override Task<EndCandidatesResponse> EndCandidates(EndCandidatesRequest request, ServerCallContext context)
    {
        if (!_calls.TryGetValue(request.SessionId, out var call))
        {
            throw new RpcException(new Status(StatusCode.NotFound, "no such call"));
        }

        call.End(request.Candidates);
        Ended.Enqueue([.. request.Candidates]);
        return Task.FromResult(new EndCandidatesResponse());
    }

    private async Task SessionAsync(ServerCallContext context, Func<CancellationToken, Task> body)
    {
        Interlocked.Increment(ref _sessions);
        Interlocked.Increment(ref _begun);
        try
        {
            await body(context.CancellationToken);
        }
        catch (Exception error) when (error is not RpcException)
        {
            if (context.CancellationToken.IsCancellationRequested)
            {
                _cancelled.TrySetResult();
            }

            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _sessions);
        }
    }

    private static NextTokenDistribution Distribute(float[] logits, StepOpen open)
    {
        if (open.Form == DistributionForm.Full)
        {
            return new NextTokenDistribution { AllLogits = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(logits)) };
        }

        Assert.InRange(open.Top, 1, 1024);
        if (logits.Any(float.IsNaN))
        {
            return new NextTokenDistribution { TokenIds = { 1 }, Logits = { float.NaN } };
        }

        var (ids, values) = TopCandidates.Select(logits, open.Top);
        return new NextTokenDistribution { TokenIds = { ids }, Logits = { values }, LogSumExp = (float)Distribution.LogSumExp(logits) };
    }

    private static float[] OneHot(int token)
    {
        var logits = new float[FakeVocabulary.Size];
        logits[token] = 20;
        return logits;
    }
}
