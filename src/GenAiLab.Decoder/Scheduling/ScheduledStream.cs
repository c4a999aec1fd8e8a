using System.Runtime.InteropServices;

namespace GenAiLab.Decoder.Scheduling;

/// <summary>
/// What the scheduler knows of a stream: its tokens, how many of them are in the cache, and whose it is.
/// Owned by whoever owns the <see cref="Scheduler"/>.
/// </summary>
/// <param name="prompt">Ids that the stream begins with; at least one.</param>
internal sealed class ScheduledStream(IEnumerable<int> prompt)
{
    private readonly List<int> _tokens = [.. prompt];
    private bool _promptKnown;
    private int _promptLength;

    /// <summary>Whose it is; only streams of one tenant share prefixes.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Higher goes first.</summary>
    public int Priority { get; init; }

    /// <summary>Whether prefixes are taken from the cache and left there.</summary>
    public bool UsesPrefixCache { get; init; } = true;

    /// <summary>Slots that it takes: one per candidate, and those kept for its forks.</summary>
    public int SlotsWanted => 1 + Siblings.Count + ReservedForks;

    /// <summary>Slots that are kept for its forks and theirs.</summary>
    public int ReservedForks { get; init; }

    /// <summary>Further candidates of the same prompt, admitted together with this one and blocked until it is prefilled.</summary>
    public IReadOnlyList<ScheduledStream> Siblings { get; init; } = [];

    /// <summary>A stream whose cached tokens this one continues, whether they are on the grid or not.</summary>
    public ScheduledStream? ForkOf { get; init; }

    /// <summary>The last tokens of the prompt that are run one at a time.</summary>
    public int Replayed { get; private set; }

    /// <summary>All tokens, those to be run included.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <inheritdoc cref="Tokens"/>
    public ReadOnlySpan<int> TokenSpan => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Tokens that are in the slot.</summary>
    public int Computed { get; private set; }

    /// <summary>
    /// Tokens from the start that were run in whole chunks on the grid. Only these have the bits that
    /// another stream would compute for itself.
    /// </summary>
    public int Exact { get; private set; }

    /// <summary>Tokens of the prompt that came from the cache.</summary>
    public int Reused { get; private set; }

    /// <summary>Tokens to be run.</summary>
    public int Pending => _tokens.Count - Computed;

    /// <summary>Tokens of the prompt, less what was rewound of it.</summary>
    public int PromptLength => _promptKnown ? _promptLength : _tokens.Count;

    /// <summary>Must not run now: its reader lags, or its sibling is not prefilled yet.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>One of another's <see cref="Siblings"/>: it comes in as one with that.</summary>
    public bool IsSibling { get; init; }

    /// <summary>Tokens of the prompt that it may take from the cache; fewer when the logits of earlier ones are wanted.</summary>
    public int MaximumReuse { get; init; } = int.MaxValue;

    /// <summary>Its prompt is never run in one step with other streams' tokens, be it a single token: more than logits is read.</summary>
    public bool RunsAlone { get; init; }

    /// <summary>The slot, or −1.</summary>
    public int Slot { get; internal set; } = -1;

    /// <summary>The streams that slots are kept for together with it; null: none are.</summary>
    internal StreamGroup? Group { get; set; }

    /// <summary>Its slot is one of the group's, which it may take without waiting.</summary>
    internal bool IsEntitled { get; set; }

    /// <summary>Place in the order of arrival.</summary>
    internal long Arrival { get; set; }

    /// <summary>The step at which it arrived.</summary>
    internal long ArrivedAt { get; set; }

    /// <summary>Steps since it last had something to run.</summary>
    internal int IdleSteps { get; set; }

    /// <summary>Times that another stream's prompt went first.</summary>
    internal int PassedOver { get; set; }

    /// <summary>Marks the last tokens of the prompt as generated before.</summary>
    public void Replay(int tokens) => Replayed = tokens;

    /// <summary>Adds tokens to be run.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        FixPrompt();
        _tokens.AddRange(tokens);
    }

    /// <summary>Forgets all tokens but the first <paramref name="length"/>.</summary>
    public void Rewind(int length)
    {
        FixPrompt();
        Replayed = Math.Max(0, Replayed - Math.Max(0, _promptLength - length));
        _promptLength = Math.Min(_promptLength, length);
        _tokens.RemoveRange(length, _tokens.Count - length);
        Computed = Math.Min(Computed, length);
        Exact = Math.Min(Exact, length);
    }

    /// <summary>How many tokens to run next; 0 when there is none.</summary>
    /// <param name="grid">Chunks of a prompt end at multiples of it, so that they are the same with and without a prefix from the cache.</param>
    internal int NextRun(int grid)
    {
        var prefillEnd = PromptLength - Replayed;
        return Computed < prefillEnd ? Math.Min(grid - (Computed % grid), prefillEnd - Computed)
            : Computed < PromptLength ? 1
            : Math.Min(grid, Pending);
    }

    /// <summary>Tokens were run.</summary>
    internal void Ran(int tokens, int grid)
    {
        if (Computed == Exact && Computed % grid == 0 && tokens == grid && Computed + tokens <= PromptLength - Replayed)
        {
            Exact += tokens;
        }

        Computed += tokens;
    }

    /// <summary>A sibling has got the keys and values of the whole prompt.</summary>
    internal void TakePrompt(ScheduledStream first) => (Computed, Exact) = (first.Computed, first.Exact);

    /// <summary>Tokens were copied from another slot, or lay in this one already.</summary>
    internal void Reuse(int tokens, int exact)
    {
        (Computed, Exact, Reused) = (tokens, Math.Min(exact, tokens), tokens);
    }

    private void FixPrompt()
    {
        if (!_promptKnown)
        {
            (_promptKnown, _promptLength) = (true, _tokens.Count);
        }
    }
}
