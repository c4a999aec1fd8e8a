using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Constraints;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Steering;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Step mode: the decoder answers each token with the distribution of the next one, and the choice is made here.</summary>
internal sealed class StepTokenSource(ClassifierCalls classifier, TimeProvider time) : IDecoderStream
{
    /// <summary>Slots to reserve for streams that will fork this one.</summary>
    public int ReservedForks { get; init; }

    /// <summary>Told the stream's name, for forks of it, when the prompt was run.</summary>
    public Action<string>? Opened { get; init; }

    /// <summary>A stream that has run the prompt already; null: it is run.</summary>
    public ForkPoint? Fork { get; init; }

    public async IAsyncEnumerable<LoopStep> GenerateAsync(
        V1.Decoder.DecoderClient decoder, GenerationPlan plan, IReadOnlyList<int> generated, CallLimits options)
    {
        var sampler = new DistributionSampler(plan, generated);
        var constraint = plan.Constraint is null ? null
            : new ConstraintCursor(plan.Constraint, generated, Math.Min(plan.Rules.MaxTokens, plan.Rules.ContextLength - plan.Rules.PromptTokens));
        var guide = plan.Classifiers.Guidance is null ? null : new ClassifierGuide(classifier, plan, generated, options);
        await using var stream = new StepStream(decoder, options);
        var response = await stream.OpenAsync(new StepOpen
        {
            Model = plan.Model.Name,
            Prompt = Fork is null ? plan.PromptIds(generated) : null,
            Fork = Fork,
            ReservedForks = generated.Count == 0 ? ReservedForks : 0,
            Form = sampler.Form,
            Top = sampler.Top,
            ReplayedTokens = generated.Count,
            Admission = new Admission { Tenant = plan.Tenant },
        });
        if (response is not null && generated.Count == 0)
        {
            Opened?.Invoke(stream.SessionId);
        }

        while (response is not null)
        {
            var began = time.GetTimestamp();
            var token = response.Distribution is not { } distribution ? null
                : guide is null ? sampler.Choose(distribution, constraint?.Allowed)
                : await sampler.ChooseAsync(distribution, constraint?.Allowed, guide.RateAsync);
            var finish = token is null && response.Finish == FinishReason.Unspecified ? FinishReason.Error : response.Finish;
            var sampled = (long)time.GetElapsedTime(began).TotalNanoseconds;
            if (token is not null)
            {
                constraint?.Advance(token.Value.Id);
            }

            // Where the loop needs no further token it does not come back, and the stream ends in order.
            yield return new LoopStep(token, Timing(response.Timing, sampled), finish)
            {
                CachedPromptTokens = response.CachedPromptTokens,
                ConstraintSatisfied = constraint?.IsSatisfied,
            };
            if (constraint is { MustEnd: true })
            {
                // Complete: the model is not asked for an end that is the only thing it could say.
                yield return new LoopStep(null, default, FinishReason.EndOfSequence);
            }

            if (token is null)
            {
                yield break;
            }

            sampler.Accept(token.Value);
            guide?.Accept(token.Value.Id);
            response = await stream.AppendAsync(new StepAppend { TokenIds = { token.Value.Id } });
        }
    }

    private static ModelTiming Timing(DecoderTiming? timing, long sampled) => timing is null
        ? new ModelTiming(0, 0, 0, sampled)
        : new ModelTiming(timing.QueueNanoseconds, timing.PrefillNanoseconds, timing.DecodeNanoseconds, sampled);
}
