using System.Runtime.InteropServices;

namespace GenAiLab.Orchestrator.Text;

/// <summary>
/// Finds the first of several stop sequences in a stream of bytes, wherever the tokens' borders fall.
/// First is the one whose last byte comes first; of several that end on the same byte, the longest.
/// Passes on every byte as soon as no stop sequence can begin with it any more, so what is held back
/// is always the longest end of the text that begins a stop sequence, less than 256 bytes.
/// <para>
/// One Knuth-Morris-Pratt automaton a sequence: at most 16 cheap steps a byte, and no tables of the
/// size that an Aho-Corasick automaton over bytes needs for every request.
/// </para>
/// </summary>
internal sealed class StopMatcher
{
    private readonly Automaton[] _automata;
    private readonly List<byte> _held = [];

    /// <param name="sequences">Not empty, each not empty.</param>
    public StopMatcher(IEnumerable<byte[]> sequences) => _automata = [.. sequences.Select(static sequence => new Automaton(sequence))];

    /// <summary>Index of the stop sequence that was completed, or -1. Nothing may be appended after one was.</summary>
    public int Matched { get; private set; } = -1;

    /// <summary>Reads <paramref name="bytes"/> up to the end of the first stop sequence, and writes to <paramref name="safe"/> what is certain.</summary>
    public void Append(ReadOnlySpan<byte> bytes, List<byte> safe)
    {
        foreach (var value in bytes)
        {
            _held.Add(value);
            var longestBegun = 0;
            var longestMatched = 0;
            for (var index = 0; index < _automata.Length; index++)
            {
                var automaton = _automata[index];
                var state = automaton.Advance(value);
                if (state == automaton.Length && state > longestMatched)
                {
                    longestMatched = state;
                    Matched = index;
                }

                longestBegun = Math.Max(longestBegun, state);
            }

            Release(_held.Count - (longestMatched > 0 ? longestMatched : longestBegun), safe);
            if (longestMatched > 0)
            {
                _held.Clear();
                return;
            }
        }
    }

    /// <summary>Ends the text without a stop sequence: what was held back is certain now.</summary>
    public void Complete(List<byte> safe) => Release(_held.Count, safe);

    private void Release(int count, List<byte> safe)
    {
        if (count > 0)
        {
            safe.AddRange(CollectionsMarshal.AsSpan(_held)[..count]);
            _held.RemoveRange(0, count);
        }
    }

    /// <summary>Its state is the length of the longest prefix of the sequence that ends the text so far.</summary>
    private sealed class Automaton
    {
        private readonly byte[] _sequence;
        private readonly int[] _borders;
        private int _state;

        public Automaton(byte[] sequence)
        {
            _sequence = sequence;
            _borders = new int[sequence.Length];
            for (int index = 1, border = 0; index < sequence.Length; index++)
            {
                border = Extend(border, sequence[index]);
                _borders[index] = border;
            }
        }

        public int Length => _sequence.Length;

        // A sequence's state never stays at its full length: the search ends there.
        public int Advance(byte value) => _state = Extend(_state, value);

        private int Extend(int border, byte value)
        {
            while (border > 0 && _sequence[border] != value)
            {
                border = _borders[border - 1];
            }

            return _sequence[border] == value ? border + 1 : border;
        }
    }
}
