using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Serving;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder;

/// <summary>The Decoder of decoder.proto: one engine per model, one session per stream.</summary>
public sealed class DecoderGrpcService : V1.Decoder.DecoderBase
{
    private readonly DecoderCatalog _catalog;

    internal DecoderGrpcService(DecoderCatalog catalog) => _catalog = catalog;

    /// <inheritdoc/>
    public override Task<ListDecodersResponse> ListDecoders(ListDecodersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListDecodersResponse { Decoders = { _catalog.Describe() }, DefaultDecoder = _catalog.DefaultName });

    /// <inheritdoc/>
    public override async Task GenerateTokens(
        GenerateTokensRequest request, IServerStreamWriter<GenerateTokensResponse> responseStream, ServerCallContext context)
    {
        var engine = _catalog.Get(request.Model);
        var prompt = RequestChecks.Prompt(request.Prompt, "prompt", engine.Config);
        var options = RequestChecks.Sampling(request.Sampling);
        RequestChecks.Range(request.MaxTokens, 0, engine.Config.ContextLength, "max_tokens");
        RequestChecks.Range(request.Alternatives, 0, RequestChecks.MaximumAlternatives, "alternatives");
        RequestChecks.Range(request.FirstPosition, 0, int.MaxValue, "first_position");

        var cancellation = context.CancellationToken;
        var session = new GenerateSession(prompt, options, request, engine.Config, cancellation);
        await RunAsync(engine, session, cancellation, async () =>
        {
            var last = FinishReason.Unspecified;
            while (await session.Responses.WaitToReadAsync(cancellation))
            {
                while (session.Responses.TryRead(out var response))
                {
                    engine.Wake();
                    last = response.Finish;
                    await responseStream.WriteAsync(response, cancellation);
                }
            }

            ThrowIfAbandoned(last != FinishReason.Unspecified, cancellation);
        });
    }

    /// <inheritdoc/>
    public override async Task Step(
        IAsyncStreamReader<StepRequest> requestStream, IServerStreamWriter<StepResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        if (!await requestStream.MoveNext(cancellation))
        {
            return;
        }

        var open = requestStream.Current.Open ?? throw RpcErrors.InvalidArgument("open", "must be set in the first request of a stream");
        var engine = _catalog.Get(open.Model);
        var prompt = RequestChecks.Prompt(open.Prompt, "open.prompt", engine.Config);
        if (!Enum.IsDefined(open.Form))
        {
            throw RpcErrors.InvalidArgument("open.form", "is not a known form");
        }

        RequestChecks.Range(open.Top, 0, RequestChecks.MaximumTop, "open.top");
        var session = new StepSession(prompt, open.Form, open.Top == 0 ? RequestChecks.DefaultTop : open.Top, cancellation);
        await RunAsync(engine, session, cancellation, () => StepAsync(engine, session, requestStream, responseStream, cancellation));
    }

    private static async Task StepAsync(
        DecodeEngine engine, StepSession session, IAsyncStreamReader<StepRequest> requests, IServerStreamWriter<StepResponse> responses,
        CancellationToken cancellation)
    {
        var length = session.PromptLength;
        while (true)
        {
            // The line ends without a response only when the service stops.
            ThrowIfAbandoned(await session.Responses.WaitToReadAsync(cancellation), cancellation);
            session.Responses.TryRead(out var response);
            await responses.WriteAsync(response!, cancellation);
            if (response!.Finish != FinishReason.Unspecified || !await requests.MoveNext(cancellation))
            {
                return;
            }

            var append = requests.Current.Append ?? throw RpcErrors.InvalidArgument("append", "must be set in every request but the first");
            var token = RequestChecks.TokenId(append.TokenId, "append.token_id", engine.Config);
            if (++length >= engine.Config.ContextLength)
            {
                await responses.WriteAsync(new StepResponse { Position = length, Finish = FinishReason.ContextFull, Timing = new() }, cancellation);
                return;
            }

            session.Append(token);
            engine.Wake();
        }
    }

    // Whatever happens, the slot is free when the call has ended.
    private static async Task RunAsync(DecodeEngine engine, DecodeSession session, CancellationToken cancellation, Func<Task> exchange)
    {
        engine.Submit(session);
        await using var registration = cancellation.UnsafeRegister(static state => ((DecodeEngine)state!).Wake(), engine);
        try
        {
            await exchange();
        }
        finally
        {
            session.Close();
            engine.Wake();
            await session.Released;
        }
    }

    private static void ThrowIfAbandoned(bool complete, CancellationToken cancellation)
    {
        if (!complete)
        {
            cancellation.ThrowIfCancellationRequested();
            throw RpcErrors.Unavailable("the service is stopping");
        }
    }
}
