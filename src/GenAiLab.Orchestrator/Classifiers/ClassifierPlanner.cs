using GenAiLab.Orchestrator.Guards;
using GenAiLab.Orchestrator.Steering;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Classifiers;

/// <summary>Checks what a request wants of classifiers, and finds them before anything is generated.</summary>
internal sealed class ClassifierPlanner(ClassifierCatalogue catalogue, TextEncoder encoder)
{
    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        GuardValidation.Validate(request);
        GuidancePlan.Validate(request);
        if (request.Ranking is { ByCase: Ranking.ByOneofCase.None })
        {
            RpcErrors.ThrowInvalidArgument("ranking", "needs mean_log_probability or reward");
        }
    }

    /// <param name="request">Valid by <see cref="Validate"/>.</param>
    /// <param name="model">The model that generates.</param>
    /// <param name="vocabulary">Its vocabulary.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">NOT_FOUND: there is no such classifier. FAILED_PRECONDITION: it is not what it is to be used for, or was refused.</exception>
    public async ValueTask<ClassifierUse> PlanAsync(GenerateRequest request, DecoderDescription model, VocabularyIdentity vocabulary, CallLimits options)
    {
        var use = ClassifierUse.None;
        if (request.Guard is { } guard)
        {
            use = use with { Guard = GuardValidation.PlanFor(await catalogue.GetReadyAsync(guard.Classifier, options), guard) };
        }

        if (request.Guidance is { } guidance)
        {
            use = use with { Guidance = GuidancePlan.For(await catalogue.GetReadyAsync(guidance.Classifier, options), guidance) };
        }

        if (request.Ranking?.Reward is { } reward)
        {
            use = use with { RewardModel = await RewardModelAsync(reward, model, vocabulary, options) };
        }

        return use;
    }

    private async Task<string> RewardModelAsync(RewardModel reward, DecoderDescription model, VocabularyIdentity vocabulary, CallLimits options)
    {
        var classifier = await catalogue.GetReadyAsync(reward.Classifier, options);
        if (classifier.Labels.Count != 1)
        {
            throw RpcErrors.FailedPrecondition($"ranking.reward: the classifier '{classifier.Name}' has {classifier.Labels.Count} labels; a reward model has one");
        }

        return classifier.Vocabulary == model.Vocabulary || await HasAsync(classifier, vocabulary, options)
            ? classifier.Name
            : throw RpcErrors.FailedPrecondition($"ranking.reward: the classifier '{classifier.Name}' has another vocabulary than '{model.Name}'");
    }

    // Names belong to folders; what is in them may be the same.
    private async Task<bool> HasAsync(ClassifierDescription classifier, VocabularyIdentity vocabulary, CallLimits options) =>
        await encoder.FindAsync(classifier.Vocabulary, options) is { } identity && identity.Sha256 == vocabulary.Sha256;
}
