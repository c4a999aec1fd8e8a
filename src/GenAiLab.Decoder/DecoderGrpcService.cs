using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Decoder.Serving;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder;

/// <summary>The Decoder of decoder.proto: one engine per model, one session per stream.</summary>
[RequiresScope(ApiScopes.Generate)]
public sealed class DecoderGrpcService : V1.Decoder.DecoderBase
{
    private static readonly Task Never = new TaskCompletionSource().Task;
    private readonly DecoderCatalog _catalog;
    private readonly TimeSpan _idleTimeout;

    internal DecoderGrpcService(DecoderCatalog catalog, IOptions<DecoderOptions> options) =>
        (_catalog, _idleTimeout) = (catalog, options.Value.StepIdleTimeout);

    /// <inheritdoc/>
    public override Task<ListDecodersResponse> ListDecoders(ListDecodersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListDecodersResponse { Decoders = { _catalog.Describe() }, DefaultDecoder = _catalog.DefaultName });

    /// <inheritdoc/>
    public override Task<ReportLoadResponse> ReportLoad(ReportLoadRequest request, ServerCallContext context) =>
        Task.FromResult(new ReportLoadResponse
        {
            InstanceId = _catalog.InstanceId,
            DefaultModel = _catalog.DefaultName,
            Draining = _catalog.IsDraining,
            Models = { _catalog.Loads() },
        });

    /// <inheritdoc/>
    public override async Task GenerateTokens(
        GenerateTokensRequest request, IServerStreamWriter<GenerateTokensResponse> responseStream, ServerCallContext context)
    {
        var engine = _catalog.Get(request.Model);
        var prompt = RequestChecks.Prompt(request.Prompt, "prompt", engine.Config);
        RequestChecks.Range(request.MaxTokens, 0, engine.Config.ContextLength, "max_tokens");
        RequestChecks.Range(request.Alternatives, 0, RequestChecks.MaximumAlternatives, "alternatives");
        RequestChecks.Range(request.FirstPosition, 0, int.MaxValue, "first_position");
        var options = RequestChecks.Sampling(request, engine.Config);
        RequestChecks.Range(request.Candidates, 0, Math.Min(RequestChecks.MaximumCandidates, engine.Graph.Slots), "candidates");
        RequestChecks.Range(request.ReplayedTokens, 0, prompt.Length - 1, "replayed_tokens");
        var admission = RequestChecks.Admission(request.Admission, "admission", context.ApiKeyTenant());

        var cancellation = context.CancellationToken;
        var call = new GenerateCall(prompt, options, request, admission, engine.Config, cancellation);
        await RunAsync(engine, call.First, call.Close, () => call.Released, cancellation, async () =>
        {
            var finished = 0;
            while (await call.Responses.WaitToReadAsync(cancellation))
            {
                while (call.Responses.TryRead(out var response))
                {
                    engine.Wake();
                    finished += response.Finish != FinishReason.Unspecified ? 1 : 0;
                    await responseStream.WriteAsync(response, cancellation);
                }
            }

            ThrowIfAbandoned(finished == Math.Max(1, request.Candidates), cancellation);
        });
    }

    /// <inheritdoc/>
    public override async Task<EndCandidatesResponse> EndCandidates(EndCandidatesRequest request, ServerCallContext context)
    {
        var admission = RequestChecks.Admission(request.Admission, "admission", context.ApiKeyTenant());
        var (engine, call) = _catalog.Engines.Select(engine => (engine, engine.FindCall(request.SessionId, admission.Tenant)))
            .FirstOrDefault(static found => found.Item2 is not null);
        if (call is null)
        {
            throw RpcErrors.NotFound("call", "session_id");
        }

        if (request.Candidates.Count == 0)
        {
            throw RpcErrors.InvalidArgument("candidates", "must name at least one");
        }

        for (var at = 0; at < request.Candidates.Count; at++)
        {
            RequestChecks.Range(request.Candidates[at], 0, call.Candidates - 1, $"candidates[{at}]");
        }

        var ended = Task.WhenAll(request.Candidates.Distinct().Select(call.End));
        engine.Wake();
        await ended.WaitAsync(context.CancellationToken);
        return new EndCandidatesResponse();
    }

    /// <inheritdoc/>
    public override async Task Step(
        IAsyncStreamReader<StepRequest> requestStream, IServerStreamWriter<StepResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        if (!await NextAsync(requestStream, Never, cancellation))
        {
            return;
        }

        var open = requestStream.Current.Open ?? throw RpcErrors.InvalidArgument("open", "must be set in the first request of a stream");
        var engine = _catalog.Get(open.Model);
        if (!Enum.IsDefined(open.Form))
        {
            throw RpcErrors.InvalidArgument("open.form", "is not a known form");
        }

        RequestChecks.Range(open.Top, 0, RequestChecks.MaximumTop, "open.top");
        RequestChecks.AllowedTokens(open.AllowedTokens, open.Form, "open.allowed_tokens", engine.Config);
        var stream = Stream(open, engine, context.ApiKeyTenant());
        var session = new StepSession(stream, open.Form, open.Top == 0 ? RequestChecks.DefaultTop : open.Top, open.AllowedTokens, cancellation);
        await RunAsync(
            engine, session, session.Close, () => session.Released, cancellation,
            () => StepAsync(engine, session, open.Form, requestStream, responseStream, cancellation));
    }

    /// <inheritdoc/>
    public override async Task<ScoreResponse> Score(ScoreRequest request, ServerCallContext context)
    {
        var engine = _catalog.Get(request.Model);
        var tokens = RequestChecks.Sequence(request.Tokens, "tokens", engine.Config, least: 2);
        RequestChecks.Range(request.First, 0, tokens.Length - 1, "first");
        RequestChecks.Range(request.Alternatives, 0, RequestChecks.MaximumAlternatives, "alternatives");
        var admission = RequestChecks.Admission(request.Admission, "admission", context.ApiKeyTenant());
        var first = Math.Max(1, request.First);
        var stream = new ScheduledStream(tokens[..^1])
        {
            Tenant = admission.Tenant,
            Priority = admission.Priority,
            UsesPrefixCache = !admission.BypassPrefixCache,
            // The logits after token first − 1 are wanted, so it has to be run.
            MaximumReuse = first - 1,
        };
        var cancellation = context.CancellationToken;
        var session = new ScoreSession(stream, tokens, first, request.Alternatives, cancellation);
        ScoreResponse? response = null;
        await RunAsync(engine, session, session.Close, () => session.Released, cancellation, async () => response = await session.Response.WaitAsync(cancellation));
        if (session.HasFailed)
        {
            throw RpcErrors.Internal("the model failed on this sequence");
        }

        ThrowIfAbandoned(response is not null, cancellation);
        return response!;
    }

    /// <inheritdoc/>
    public override async Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context)
    {
        var engine = _catalog.Get(request.Model);
        if (!engine.Graph.HasHiddenStates)
        {
            throw RpcErrors.FailedPrecondition("the model's graph does not let its hidden states be read");
        }

        var tokens = RequestChecks.Sequence(request.Tokens, "tokens", engine.Config, least: 1);
        if (!Enum.IsDefined(request.Pooling))
        {
            throw RpcErrors.InvalidArgument("pooling", "is not a known pooling");
        }

        var admission = RequestChecks.Admission(request.Admission, "admission", context.ApiKeyTenant());
        var stream = new ScheduledStream(tokens)
        {
            Tenant = admission.Tenant,
            Priority = admission.Priority,
            UsesPrefixCache = !admission.BypassPrefixCache,
            RunsAlone = true,
            // The cache holds keys and values, and no hidden states: a mean wants all tokens run.
            MaximumReuse = request.Pooling == Pooling.Last ? int.MaxValue : 0,
        };
        var cancellation = context.CancellationToken;
        var session = new EmbedSession(stream, request.Pooling, request.Unnormalized, cancellation);
        EmbedResponse? response = null;
        await RunAsync(engine, session, session.Close, () => session.Released, cancellation, async () => response = await session.Response.WaitAsync(cancellation));
        if (session.HasFailed)
        {
            throw RpcErrors.Internal("the model failed on this sequence");
        }

        ThrowIfAbandoned(response is not null, cancellation);
        return response!;
    }

    private static ScheduledStream Stream(StepOpen open, DecodeEngine engine, string? keyTenant)
    {
        var admission = RequestChecks.Admission(open.Admission, "open.admission", keyTenant);
        StepSession? parent = null;
        var prompt = open.Prompt ?? new TokenIds();
        if (open.Fork is { } fork)
        {
            parent = engine.FindStream(fork.SessionId, admission.Tenant)
                ?? throw RpcErrors.NotFound("stream", "open.fork.session_id", []);
            var prefix = fork.Length < 1 ? null : parent.Prefix(fork.Length);
            if (prefix is null)
            {
                throw RpcErrors.InvalidArgument("open.fork.length", $"must be in [1, {parent.Length}]");
            }

            prompt = new TokenIds { Ids = { prefix, prompt.Ids } };
        }

        var ids = RequestChecks.Prompt(prompt, "open.prompt", engine.Config);
        RequestChecks.Range(open.ReplayedTokens, 0, parent is null ? ids.Length - 1 : 0, "open.replayed_tokens");
        RequestChecks.Range(
            open.ReservedForks, 0, parent is null ? Math.Min(RequestChecks.MaximumReservedForks, engine.Graph.Slots - 1) : 0, "open.reserved_forks");
        var stream = new ScheduledStream(ids)
        {
            Tenant = admission.Tenant,
            Priority = admission.Priority,
            UsesPrefixCache = !admission.BypassPrefixCache,
            ForkOf = parent?.Stream,
            ReservedForks = open.ReservedForks,
        };
        stream.Replay(open.ReplayedTokens);
        return stream;
    }

    private async Task StepAsync(
        DecodeEngine engine, StepSession session, DistributionForm form, IAsyncStreamReader<StepRequest> requests,
        IServerStreamWriter<StepResponse> responses, CancellationToken cancellation)
    {
        while (true)
        {
            // The line ends without a response only when the service stops.
            ThrowIfAbandoned(await session.Responses.WaitToReadAsync(cancellation), cancellation);
            session.Responses.TryRead(out var response);
            await responses.WriteAsync(response!, cancellation);
            if (response!.Finish != FinishReason.Unspecified || !await NextAsync(requests, session.Released, cancellation))
            {
                return;
            }

            var append = requests.Current.Append ?? throw RpcErrors.InvalidArgument("append", "must be set in every request but the first");
            var length = RequestChecks.Append(append, session.Length, form, engine.Config);
            if (length >= engine.Config.ContextLength)
            {
                await responses.WriteAsync(new StepResponse { Position = length, Finish = FinishReason.ContextFull, Timing = new() }, cancellation);
                return;
            }

            session.Append(append);
            engine.Wake();
        }
    }

    // A client that says nothing holds a slot; one that is gone without a word would hold it for ever.
    // One whose stream is handed over is told at once, and not when it speaks next.
    private async Task<bool> NextAsync(IAsyncStreamReader<StepRequest> requests, Task handedOver, CancellationToken cancellation)
    {
        var next = requests.MoveNext(cancellation);
        try
        {
            await Task.WhenAny(next, handedOver).WaitAsync(_idleTimeout, cancellation);
            return next.IsCompleted ? await next : throw RpcErrors.Leaving("the service is stopping");
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"the stream was silent for {_idleTimeout.TotalSeconds:0.###} s"));
        }
    }

    // Whatever happens, the slots are free when the call has ended.
    private static async Task RunAsync(
        DecodeEngine engine, DecodeSession session, Action close, Func<Task> released, CancellationToken cancellation, Func<Task> exchange)
    {
        engine.Submit(session);
        await using var registration = cancellation.UnsafeRegister(static state => ((DecodeEngine)state!).Wake(), engine);
        try
        {
            await exchange();
        }
        finally
        {
            close();
            engine.Wake();
            await released();
        }
    }

    private static void ThrowIfAbandoned(bool complete, CancellationToken cancellation)
    {
        if (!complete)
        {
            cancellation.ThrowIfCancellationRequested();
            throw RpcErrors.Leaving("the service is stopping");
        }
    }
}
