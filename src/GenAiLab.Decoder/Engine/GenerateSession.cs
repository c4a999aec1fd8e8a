using System.Diagnostics;
using System.Threading.Channels;
using GenAiLab.Models.Folders;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>Pushdown mode: tokens are chosen beside the logits.</summary>
/// <param name="prompt">At least one id.</param>
/// <param name="options">Valid options.</param>
/// <param name="request">The rest of the request, checked.</param>
/// <param name="config">The model's.</param>
/// <param name="cancellation">The call's token.</param>
internal sealed class GenerateSession(
    int[] prompt, SamplingOptions options, GenerateTokensRequest request, GenAiConfig config, CancellationToken cancellation)
    : DecodeSession(prompt, cancellation)
{
    // A reader that lags this far behind halts its own stream, not its neighbours.
    private const int Capacity = 64;
    private readonly Channel<GenerateTokensResponse> _responses = Channel.CreateBounded<GenerateTokensResponse>(Capacity);
    private int _generated;

    /// <summary>One response per token; the last one carries the reason.</summary>
    public ChannelReader<GenerateTokensResponse> Responses => _responses.Reader;

    protected override bool HasRoom => _responses.Reader.Count < Capacity;

    public override void Accept(ReadOnlySpan<float> logits)
    {
        var started = Stopwatch.GetTimestamp();
        var choice = Sampler.Sample(logits, options, (long)request.FirstPosition + _generated, request.Alternatives);
        _generated++;
        Timing.SampleNanoseconds = Nanoseconds(Stopwatch.GetTimestamp() - started);
        var token = new SampledToken
        {
            TokenId = choice.TokenId,
            RawLogProbability = choice.RawLogProbability,
            ProcessedLogProbability = choice.ProcessedLogProbability,
            Rank = choice.Rank,
        };
        token.Alternatives.AddRange(choice.Alternatives.Select(static alternative => new TokenCandidate
        {
            TokenId = alternative.TokenId,
            RawLogProbability = alternative.RawLogProbability,
            Rank = alternative.Rank,
        }));
        var finish = FinishAfter(choice.TokenId);
        Finished = finish != FinishReason.Unspecified;
        _responses.Writer.TryWrite(new GenerateTokensResponse { Token = token, Timing = TakeTiming(), Finish = finish });
        if (!Finished)
        {
            Continue(choice.TokenId);
        }
    }

    public override void Fail()
    {
        Finished = true;
        _responses.Writer.TryWrite(new GenerateTokensResponse { Timing = TakeTiming(), Finish = FinishReason.Error });
    }

    protected override void Complete() => _responses.Writer.TryComplete();

    private FinishReason FinishAfter(int token)
    {
        if (!request.IgnoreEndOfSequence && config.EosTokenIds.Contains(token))
        {
            return FinishReason.EndOfSequence;
        }

        if (request.MaxTokens > 0 && _generated >= request.MaxTokens)
        {
            return FinishReason.MaxTokens;
        }

        return PromptLength + _generated >= config.ContextLength ? FinishReason.ContextFull : FinishReason.Unspecified;
    }
}
