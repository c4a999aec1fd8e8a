using System.Runtime.InteropServices;
using System.Text;

namespace GenAiLab.Orchestrator.Text;

/// <summary>
/// The generated text while it grows: bytes of tokens go in, and what comes out can be shown, because
/// no later token can complete or take back any of it.
/// </summary>
internal sealed class GeneratedText(IReadOnlyList<string> stopSequences)
{
    private readonly StopMatcher? _stops = stopSequences.Count == 0 ? null : new StopMatcher(stopSequences.Select(Encoding.UTF8.GetBytes));
    private readonly Utf8Assembler _assembler = new();
    private readonly List<byte> _safe = [];

    /// <summary>The stop sequence that ended the text, or null.</summary>
    public string? StopSequence => _stops is { Matched: >= 0 } ? stopSequences[_stops.Matched] : null;

    /// <summary>Appends a token's bytes; nothing may follow once <see cref="StopSequence"/> is set.</summary>
    /// <param name="piece">The bytes.</param>
    /// <param name="mayStop">False: no stop sequence is looked for in them. Never false after it was true.</param>
    /// <returns>What can now be shown; often empty.</returns>
    public string Append(ReadOnlySpan<byte> piece, bool mayStop = true)
    {
        if (_stops is null || !mayStop)
        {
            return _assembler.Append(piece);
        }

        _stops.Append(piece, _safe);
        return TakeSafe();
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back; an unfinished character is U+FFFD.</returns>
    public string Complete()
    {
        _stops?.Complete(_safe);
        return TakeSafe() + _assembler.Complete();
    }

    private string TakeSafe()
    {
        var text = _assembler.Append(CollectionsMarshal.AsSpan(_safe));
        _safe.Clear();
        return text;
    }
}
