using GenAiLab.Orchestrator.Guards;
using GenAiLab.Orchestrator.Steering;

namespace GenAiLab.Orchestrator.Classifiers;

/// <summary>What classifiers contribute to one generation; all of it checked.</summary>
internal sealed record ClassifierUse
{
    /// <summary>No classifier is asked.</summary>
    public static ClassifierUse None { get; } = new();

    /// <summary>Who reads prompt and text; null: nobody.</summary>
    public GuardPlan? Guard { get; init; }

    /// <summary>Who steers the choice of tokens; null: nobody.</summary>
    public GuidancePlan? Guidance { get; init; }

    /// <summary>The reward model that ranks candidates; null: none does.</summary>
    public string? RewardModel { get; init; }
}
