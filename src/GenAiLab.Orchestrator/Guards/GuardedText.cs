using System.Text;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Text;

namespace GenAiLab.Orchestrator.Guards;

/// <summary>
/// What a guard has not passed yet: events of a loop, at most as many tokens as its interval, and all of the text so
/// far. A token tells its text before the text is shown, so events are held back whole.
/// </summary>
internal sealed class GuardedText(int interval)
{
    private readonly List<LoopEvent> _held = [];
    private readonly StringBuilder _written = new();
    private readonly StringBuilder _shown = new();
    private readonly Utf8Assembler _assembler = new();
    private int _unchecked;
    private bool _ended;

    /// <summary>Whether it is time to check.</summary>
    public bool IsDue => _ended || _unchecked >= interval;

    /// <summary>All of the text so far: what the tokens spell, a stop sequence that has begun included; at the end what remains of it.</summary>
    public string Text => (_ended ? _shown : _written).ToString();

    /// <summary>Takes an event.</summary>
    /// <param name="loopEvent">The event.</param>
    /// <param name="piece">The bytes that a token adds to the text.</param>
    public void Add(LoopEvent loopEvent, ReadOnlySpan<byte> piece)
    {
        _held.Add(loopEvent);
        switch (loopEvent)
        {
            case TokenGenerated token:
                _unchecked++;
                _written.Append(_assembler.Append(piece));
                _shown.Append(token.Text);
                break;
            case LoopFinished finished:
                _ended = true;
                _shown.Append(finished.Text);
                break;
        }
    }

    /// <summary>The check has passed.</summary>
    /// <returns>What was held back.</returns>
    public IReadOnlyList<LoopEvent> Release()
    {
        LoopEvent[] released = [.. _held];
        _held.Clear();
        _unchecked = 0;
        return released;
    }
}
