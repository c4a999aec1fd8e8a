using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Pushdown mode: the sampling program goes to the decoder, which chooses beside the logits and streams tokens.</summary>
internal sealed class PushdownTokenSource : IDecoderStream
{
    public async IAsyncEnumerable<LoopStep> GenerateAsync(
        V1.Decoder.DecoderClient decoder, GenerationPlan plan, IReadOnlyList<int> generated, CallLimits options)
    {
        var request = Request(plan, generated);
        using var call = decoder.GenerateTokens(request, options);
        var finished = false;
        try
        {
            while (await call.ResponseStream.ReadAsync(options.CancellationToken))
            {
                var response = call.ResponseStream.Current;
                finished = response.Finish != FinishReason.Unspecified;
                yield return Step(response);
            }
        }
        finally
        {
            if (finished && !options.CancellationToken.IsCancellationRequested)
            {
                await call.ResponseStream.EndAsync();
            }
        }
    }

    /// <summary>What the decoder is asked for.</summary>
    public static GenerateTokensRequest Request(GenerationPlan plan, IReadOnlyList<int> generated) => new()
    {
        Model = plan.Model.Name,
        Prompt = plan.PromptIds(generated),
        Sampling = plan.Sampling,
        MaxTokens = plan.Rules.MaxTokens - generated.Count,
        FirstPosition = generated.Count,
        ReplayedTokens = generated.Count,
        Alternatives = plan.Alternatives,
        Admission = new Admission { Tenant = plan.Tenant },
    };

    /// <summary>What it answers.</summary>
    public static LoopStep Step(GenerateTokensResponse response) =>
        new(Chosen(response.Token), Timing(response.Timing), response.Finish) { CachedPromptTokens = response.CachedPromptTokens };

    private static ChosenToken? Chosen(SampledToken? token) => token is null ? null : new ChosenToken(
        token.TokenId, token.RawLogProbability, token.ProcessedLogProbability,
        [.. token.Alternatives.Select(static candidate => new TokenAlternative(
            candidate.TokenId, candidate.RawLogProbability,
            candidate.HasProcessedLogProbability ? candidate.ProcessedLogProbability : null, candidate.Rank))],
        token.Rank, token.HasMirostatMu ? token.MirostatMu : null);

    private static ModelTiming Timing(DecoderTiming? timing) => timing is null ? default : new ModelTiming(
        timing.QueueNanoseconds, timing.PrefillNanoseconds, timing.DecodeNanoseconds, timing.SampleNanoseconds);
}
