using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Tests.InProcess;

/// <summary>A tokenizer that does what the text of the request tells it to.</summary>
[RequiresScope(ApiScopes.Tokenize)]
internal sealed class ScriptedTokenizer : V1.Tokenizer.TokenizerBase
{
    private readonly TaskCompletionSource _sawCancellation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _encodeCalls;

    /// <summary>Completes when a handler saw its token cancelled.</summary>
    public Task SawCancellation => _sawCancellation.Task;

    /// <summary>How often <see cref="Encode"/> was called.</summary>
    public int EncodeCalls => _encodeCalls;

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _encodeCalls);
        switch (request.Text)
        {
            case "invalid":
                throw RpcErrors.InvalidArgument("text", "is not welcome");
            case "bug":
                throw new FormatException("/secret/path is broken");
            case "status":
                context.Status = new Status(StatusCode.DataLoss, "lost");
                context.ResponseTrailers.Add("reason", "scripted");
                break;
            case "headers":
                await context.WriteResponseHeadersAsync([new("answer", context.RequestHeaders.GetValue("question")!)]);
                break;
            case "wait":
                await WaitForCancellationAsync(context.CancellationToken);
                break;
        }

        return new EncodeResponse { Vocabulary = new VocabularyIdentity { Name = request.Text } };
    }

    public override async Task ListPieces(
        ListPiecesRequest request, IServerStreamWriter<ListPiecesResponse> responseStream, ServerCallContext context)
    {
        for (var id = 0; id < 100; id++)
        {
            await responseStream.WriteAsync(new ListPiecesResponse { FirstId = id });
        }

        switch (request.Vocabulary)
        {
            case "invalid":
                throw RpcErrors.InvalidArgument("vocabulary", "ends here");
            case "wait":
                await WaitForCancellationAsync(context.CancellationToken);
                break;
        }
    }

    private async Task WaitForCancellationAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        finally
        {
            _sawCancellation.TrySetResult();
        }
    }
}

/// <summary>A decoder that echoes positions, and reports how it was left. No scope is declared for it.</summary>
internal sealed class ScriptedDecoder : V1.Decoder.DecoderBase
{
    private readonly TaskCompletionSource<bool> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _read;
    private int _written;

    /// <summary>Completes when the stream ended: true for a caller that completed it, false for one that cancelled.</summary>
    public Task<bool> Left => _left.Task;

    public int Read => Volatile.Read(ref _read);

    public int Written => Volatile.Read(ref _written);

    public override async Task Step(
        IAsyncStreamReader<StepRequest> requestStream, IServerStreamWriter<StepResponse> responseStream, ServerCallContext context)
    {
        try
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                Interlocked.Increment(ref _read);
                if (requestStream.Current.Append?.TokenIds[0] == -1)
                {
                    throw RpcErrors.InvalidArgument("append.token_id", "is negative");
                }

                await responseStream.WriteAsync(new StepResponse { Position = Read });
            }

            _left.TrySetResult(true);
        }
        catch
        {
            _left.TrySetResult(false);
            throw;
        }
    }

    public override async Task GenerateTokens(
        GenerateTokensRequest request, IServerStreamWriter<GenerateTokensResponse> responseStream, ServerCallContext context)
    {
        while (true)
        {
            await responseStream.WriteAsync(new GenerateTokensResponse { Token = new SampledToken { TokenId = Written } });
            Interlocked.Increment(ref _written);
        }
    }
}
