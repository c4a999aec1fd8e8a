using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>What becomes of what a pattern finds, where a text is cut by it.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>Each match is a part of its own.</summary>
    Isolated,

    /// <summary>It ends the part in front of it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the part behind it.</summary>
    MergedWithNext,

    /// <summary>Matches that touch are one part.</summary>
    Contiguous,
}

/// <summary>Cuts the ranges of a text by a pattern, as the reference's NormalizedString::split does.</summary>
/// <param name="pattern">What is looked for.</param>
/// <param name="behavior">What becomes of it.</param>
/// <param name="invert">Whether what lies between the matches counts as found.</param>
internal sealed class PatternSplit(TextPattern pattern, SplitBehavior behavior, bool invert = false)
{
    public void Apply(TextParts parts) => parts.Cut((range, output) => Cut(parts, range, output));

    private void Cut(TextParts parts, TextRange range, List<TextRange> output)
    {
        var matches = parts.Matches;
        matches.Clear();
        pattern.Find(parts.Text.Letters.Slice(range.Start, range.Length), matches, parts.Cancellation);
        var first = output.Count;
        var (at, previous, touching) = (0, false, false); // The event before: whether it was a match, and whether it left a part.
        foreach (var (start, length) in matches)
        {
            if (start > at)
            {
                Add(at, start, invert);
            }

            Add(start, start + length, !invert);
            at = start + length;
        }

        if (at < range.Length)
        {
            Add(at, range.Length, invert);
        }

        void Add(int start, int end, bool match)
        {
            var merged = behavior switch
            {
                SplitBehavior.MergedWithPrevious => match && !previous,
                SplitBehavior.MergedWithNext => !match && previous,
                SplitBehavior.Contiguous => match == previous,
                _ => false,
            };
            if (behavior == SplitBehavior.Removed && match)
            {
                return;
            }

            if (merged && touching && output.Count > first)
            {
                output[^1] = output[^1] with { Length = range.Start + end - output[^1].Start };
            }
            else if (end > start)
            {
                output.Add(new TextRange(range.Start + start, end - start));
            }

            (previous, touching) = (match, end > start);
        }
    }
}
