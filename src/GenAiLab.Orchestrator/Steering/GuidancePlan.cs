using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Steering;

/// <summary>Checked guidance.</summary>
/// <param name="Classifier">Whose judgement it is.</param>
/// <param name="Label">What the text is to be.</param>
/// <param name="Strength">What log p(label | text) is multiplied with before it is added to a logit.</param>
/// <param name="Top">How many tokens are rated; no other is chosen.</param>
internal sealed record GuidancePlan(ClassifierDescription Classifier, string Label, float Strength, int Top)
{
    public const int DefaultTop = 8;
    public const int MaximumTop = 32;
    private const float MaximumStrength = 100;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        if (request.Guidance is not { } guidance)
        {
            return;
        }

        if (request.Mode == LoopMode.Pushdown)
        {
            RpcErrors.ThrowInvalidArgument("guidance", "contradicts mode PUSHDOWN: tokens are rated in step mode");
        }

        if (guidance.Label.Length == 0)
        {
            RpcErrors.ThrowInvalidArgument("guidance.label", "is missing");
        }

        if (guidance.Strength is not (>= -MaximumStrength and <= MaximumStrength))
        {
            RpcErrors.ThrowInvalidArgument("guidance.strength", $"must be in [-{MaximumStrength}, {MaximumStrength}]");
        }

        if (guidance is { HasTop: true, Top: < 2 or > MaximumTop })
        {
            RpcErrors.ThrowInvalidArgument("guidance.top", $"must be in [2, {MaximumTop}]");
        }
    }

    /// <summary>The guidance with the contract's defaults, its label being one of the classifier's.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static GuidancePlan For(ClassifierDescription classifier, V1.Guidance guidance) => classifier.Labels.Contains(guidance.Label)
        ? new GuidancePlan(classifier, guidance.Label, guidance.Strength, guidance.HasTop ? guidance.Top : DefaultTop)
        : throw RpcErrors.InvalidArgument(
            "guidance.label", $"is no label of the classifier '{classifier.Name}'; it has: {string.Join(", ", classifier.Labels)}");
}
