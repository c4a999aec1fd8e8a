using System.Text;
using System.Text.Json;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>Where two tokenizers differ: counted by family, the shortest texts shown.</summary>
internal sealed class Differences
{
    private readonly Dictionary<string, List<(string Text, string Expected, string Actual)>> _found = [];

    /// <summary>How many texts were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>Whether anything differed.</summary>
    public bool Found => _found.Count > 0;

    /// <summary>Compares the ids of a text.</summary>
    public void Compare(string family, string text, IReadOnlyList<int> expected, IReadOnlyList<int> actual)
    {
        Compared++;
        if (!expected.SequenceEqual(actual))
        {
            Add(family, text, string.Join(' ', expected.Take(60)), string.Join(' ', actual.Take(60)));
        }
    }

    /// <summary>Compares what a text decoded to.</summary>
    public void Compare(string family, string text, string expected, string actual)
    {
        if (expected != actual)
        {
            Add(family, text, JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
        }
    }

    /// <summary>Fails the test if anything differed.</summary>
    public void AssertNone()
    {
        Assert.True(Compared > 0);
        Assert.False(Found, ToString());
    }

    private void Add(string family, string text, string expected, string actual)
    {
        if (!_found.TryGetValue(family, out var found))
        {
            _found[family] = found = [];
        }

        found.Add((text, expected, actual));
    }

    /// <summary>What differed.</summary>
    public override string ToString()
    {
        var report = new StringBuilder($"{_found.Values.Sum(static found => found.Count)} of {Compared} texts differ\n");
        foreach (var (family, found) in _found.OrderByDescending(static entry => entry.Value.Count))
        {
            report.Append($"{family}: {found.Count}\n");
            foreach (var (text, expected, actual) in found.OrderBy(static difference => difference.Text.Length).Take(4))
            {
                report.Append($"  {JsonSerializer.Serialize(text.Length > 200 ? text[..200] : text)}\n    expected {expected}\n    actual   {actual}\n");
            }
        }

        return report.ToString();
    }
}
