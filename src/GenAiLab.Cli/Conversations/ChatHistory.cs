using GenAiLab.V1;

namespace GenAiLab.Cli.Conversations;

/// <summary>What was said so far. It lives here, in the client: the model is told all of it with every turn.</summary>
internal sealed class ChatHistory
{
    // One less than the contract's 256 messages, for the question that follows.
    private const int MaximumTurns = 127;
    private readonly List<(string Question, string Answer)> _turns = [];

    /// <summary>Questions that were answered.</summary>
    public int Turns => _turns.Count;

    /// <summary>The conversation that ends with this question, without the oldest turns.</summary>
    public IEnumerable<ChatMessage> Before(string question, int forgotten) =>
    [
        .. _turns.Skip(forgotten).SelectMany(static turn => new[] { Message("user", turn.Question), Message("assistant", turn.Answer) }),
        Message("user", question),
    ];

    /// <summary>Adds a turn and forgets the oldest ones.</summary>
    public void Add(string question, string answer, int forgotten)
    {
        _turns.RemoveRange(0, forgotten);
        _turns.Add((question, answer));
    }

    /// <summary>How many of the oldest turns a request has no place for, whatever the model's window.</summary>
    public int Excess => Math.Max(0, _turns.Count - MaximumTurns);

    /// <summary>Forgets everything.</summary>
    public void Clear() => _turns.Clear();

    private static ChatMessage Message(string role, string content) => new() { Role = role, Content = content };
}
