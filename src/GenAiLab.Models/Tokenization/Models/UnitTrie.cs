using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>Finds the entries with which a text begins: a trie over UTF-16 code units, its edges in one hash table.</summary>
internal sealed class UnitTrie
{
    public const int Root = 0;
    private const int MaximumNodes = 1 << 22;
    private const int LongestEntry = 1024;

    private readonly Dictionary<long, int> _edges = [];
    private readonly List<int> _values = [-1];
    private readonly int[] _first = new int[0x80]; // The root's children for ASCII, where most searches end or begin.

    /// <summary>Adds an entry that is not empty; the last one set counts.</summary>
    /// <exception cref="Folders.ModelFolderException">It is too long, or there are too many.</exception>
    public void Add(ReadOnlySpan<char> entry, int value)
    {
        if (entry.Length > LongestEntry || _values.Count + entry.Length > MaximumNodes)
        {
            throw TokenizerComponent.Refused($"an entry has more than {LongestEntry:N0} characters, or all together have too many");
        }

        var node = Root;
        foreach (var unit in entry)
        {
            if (!_edges.TryGetValue(Key(node, unit), out var child))
            {
                child = _values.Count;
                _values.Add(-1);
                _edges.Add(Key(node, unit), child);
                if (node == Root && unit < _first.Length)
                {
                    _first[unit] = child;
                }
            }

            node = child;
        }

        _values[node] = value;
    }

    /// <summary>The node behind a code unit; 0 where there is none.</summary>
    public int Child(int node, char unit) => node == Root && unit < _first.Length ? _first[unit] : _edges.GetValueOrDefault(Key(node, unit));

    /// <summary>The value of the entry that ends at a node; -1 where none does.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The longest entry with which a text begins: its length and value, or 0 and -1.</summary>
    public (int Length, int Value) Longest(ReadOnlySpan<char> text)
    {
        var (node, longest) = (Root, (Length: 0, Value: -1));
        for (var at = 0; at < text.Length && (node = Child(node, text[at])) != Root; at++)
        {
            if (_values[node] >= 0)
            {
                longest = (at + 1, _values[node]);
            }
        }

        return longest;
    }

    private static long Key(int node, char unit) => ((long)node << 16) | unit;
}
