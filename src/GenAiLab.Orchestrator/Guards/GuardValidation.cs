using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Guards;

/// <summary>The contract's limits on guards. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class GuardValidation
{
    public const int MaximumInterval = 1024;
    public const int DefaultInterval = 16;
    public const float DefaultThreshold = 0.5f;
    private const int MaximumLabels = 1024;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.Guard is not { } guard)
        {
            return;
        }

        if (guard is { Prompt: false, Output: false })
        {
            RpcErrors.ThrowInvalidArgument("guard", "guards nothing: set prompt, output or both");
        }

        if (guard.Labels.Count is < 1 or > MaximumLabels)
        {
            RpcErrors.ThrowInvalidArgument("guard.labels", $"has {guard.Labels.Count} labels; there must be 1 to {MaximumLabels}");
        }

        if (guard is { HasThreshold: true, Threshold: not (> 0 and <= 1) })
        {
            RpcErrors.ThrowInvalidArgument("guard.threshold", "must be in (0, 1]");
        }

        if (guard is { HasInterval: true, Interval: < 1 or > MaximumInterval })
        {
            RpcErrors.ThrowInvalidArgument("guard.interval", $"must be in [1, {MaximumInterval}]");
        }
    }

    /// <summary>The guard with the contract's defaults, its labels being those of the classifier.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static GuardPlan PlanFor(ClassifierDescription classifier, Guard guard)
    {
        for (var index = 0; index < guard.Labels.Count; index++)
        {
            if (!classifier.Labels.Contains(guard.Labels[index]))
            {
                RpcErrors.ThrowInvalidArgument(
                    $"guard.labels[{index}]", $"is no label of the classifier '{classifier.Name}'; it has: {string.Join(", ", classifier.Labels)}");
            }
        }

        return new GuardPlan(
            classifier.Name,
            guard.Labels.ToHashSet(StringComparer.Ordinal),
            classifier.ExclusiveLabels,
            guard.HasThreshold ? guard.Threshold : DefaultThreshold,
            guard.Prompt,
            guard.Output,
            guard.HasInterval ? guard.Interval : DefaultInterval);
    }
}
