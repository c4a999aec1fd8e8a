using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>
/// A decoder without a model: every token and every distribution is there before it is asked for, so that what a
/// generation costs is what its caller does.
/// </summary>
/// <param name="model">What it says of itself; its context bounds a stream.</param>
internal sealed class InstantDecoder(DecoderDescription model) : V1.Decoder.DecoderBase
{
    /// <summary>In each distribution; more cannot be asked for.</summary>
    public const int Candidates = 64;

    private static readonly NextTokenDistribution Next = Distribution();
    private static readonly SampledToken Token = new() { TokenId = Next.TokenIds[0], RawLogProbability = -0.5f, Rank = 1 };

    public override Task<ListDecodersResponse> ListDecoders(ListDecodersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListDecodersResponse { Decoders = { model }, DefaultDecoder = model.Name });

    public override async Task GenerateTokens(
        GenerateTokensRequest request, IServerStreamWriter<GenerateTokensResponse> responseStream, ServerCallContext context)
    {
        for (var at = 1; at <= request.MaxTokens; at++)
        {
            var finish = at == request.MaxTokens ? FinishReason.MaxTokens : FinishReason.Unspecified;
            await responseStream.WriteAsync(new GenerateTokensResponse { Token = Token, Timing = new DecoderTiming(), Finish = finish }, context.CancellationToken);
        }
    }

    public override async Task Step(
        IAsyncStreamReader<StepRequest> requestStream, IServerStreamWriter<StepResponse> responseStream, ServerCallContext context)
    {
        var position = 0;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            var request = requestStream.Current;
            position += request.Open?.Prompt.Ids.Count ?? request.Append.TokenIds.Count;
            await responseStream.WriteAsync(
                new StepResponse { Position = position, Distribution = Next, Timing = new DecoderTiming(), SessionId = request.Open is null ? "" : "stream" },
                context.CancellationToken);
        }
    }

    // The same one always: the printable bytes of the reference vocabulary.
    private static NextTokenDistribution Distribution()
    {
        var logits = Enumerable.Range(0, Candidates).Select(static at => -0.1f * at).ToArray();
        return new NextTokenDistribution
        {
            TokenIds = { Enumerable.Range(0, Candidates).Select(static at => 33 + ((at * 7) % Candidates)) },
            Logits = { logits },
            LogSumExp = (float)(Math.Log(logits.Sum(static logit => Math.Exp(logit))) + 0.1),
        };
    }
}
