namespace GenAiLab.Experiments.Experiments;

/// <summary>The three stages of one model, and the reward model between the second and the third.</summary>
internal static class LabModels
{
    public const string Base = "lab-base";
    public const string Sft = "lab-sft";
    public const string Chat = "lab-chat";
    public const string Reward = "lab-reward";

    public static readonly IReadOnlyList<string> Stages = [Base, Sft, Chat];

    /// <summary>The seed of the lab world that they were trained on.</summary>
    public const int WorldSeed = 1;
}
