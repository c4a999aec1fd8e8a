using GenAiLab.Training.Chat;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What stage 2 learns from.</summary>
/// <param name="Training">Conversations to learn from.</param>
/// <param name="HeldOut">Conversations that training never sees.</param>
/// <param name="Replay">Raw documents of pre-training, endless or as many as there are.</param>
public sealed record SftSource(IReadOnlyList<Conversation> Training, IReadOnlyList<Conversation> HeldOut, IEnumerable<string> Replay);

/// <summary>Where the data of each stage come from: the lab world, or a file of the user's.</summary>
public static class StageData
{
    private const int LabConversationCount = 20_000;
    private const int HeldOutOneIn = 10;
    private const int HeldOutSeed = 1_000_003;

    /// <summary>Conversations of the lab world: as many to learn from, and a tenth as many that training never sees.</summary>
    public static SftSource LabConversations(int seed, int conversations = LabConversationCount)
    {
        var world = new LabWorld(seed);
        return new SftSource(
            [.. new SftWriter(world).Write(seed).Take(conversations)],
            [.. new SftWriter(world).Write(unchecked(seed + HeldOutSeed)).Take(conversations / HeldOutOneIn)],
            world.TrainingDocuments());
    }

    /// <summary>A file's conversations, every tenth of them held out, beside the lab world's raw text.</summary>
    /// <exception cref="ConversationFileException">The file cannot be used.</exception>
    public static SftSource FileConversations(string path, ChatFormat format, int maximumTokens, int seed)
    {
        var all = ConversationFile.Read(path, format, maximumTokens);
        return new SftSource(
            [.. all.Where(static (_, at) => at % HeldOutOneIn != HeldOutOneIn - 1)],
            [.. all.Where(static (_, at) => at % HeldOutOneIn == HeldOutOneIn - 1)],
            new LabWorld(seed).TrainingDocuments());
    }
}
