using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Finds parts of texts, and takes texts apart there. What is taken out of a text keeps its origin.</summary>
internal static class TextSearch
{
    /// <summary>Without white space, or without any of these characters, at one end or both.</summary>
    public static TextValue Strip(TextValue text, string? characters, bool atStart, bool atEnd)
    {
        var (start, end) = (0, text.Text.Length);
        while (atStart && start < end && IsStripped(text.Text, start, text.LengthAt(start), characters))
        {
            start += text.LengthAt(start);
        }

        while (atEnd && start < end)
        {
            var length = end - start > 1 && char.IsSurrogatePair(text.Text[end - 2], text.Text[end - 1]) ? 2 : 1;
            if (!IsStripped(text.Text, end - length, length, characters))
            {
                break;
            }

            end -= length;
        }

        return text.Cut(start, end);
    }

    /// <summary>How often a part occurs, without overlaps.</summary>
    public static int Count(TextValue text, string part, RenderBudget budget) =>
        part.Length == 0 ? text.CodePoints + 1 : Places(text.Text, part, int.MaxValue, budget).Count;

    /// <summary>
    /// With another text in a part's place. Where a caller wrote that part, the caller chose that the other text be there,
    /// and it is not trusted.
    /// </summary>
    /// <param name="text">The whole.</param>
    /// <param name="old">Empty: before every character, and at the end.</param>
    /// <param name="new">In its place.</param>
    /// <param name="most">The first so many; negative: all.</param>
    /// <param name="budget">Pays.</param>
    public static TextValue Replace(TextValue text, TextValue old, TextValue @new, int most, RenderBudget budget)
    {
        most = most < 0 ? int.MaxValue : most;
        var places = old.Text.Length > 0 ? Places(text.Text, old.Text, most, budget) : [.. Boundaries(text).Take(most)];
        RenderBudget.LimitLength(text.Text.Length + ((long)places.Count * (@new.Text.Length - old.Text.Length)));
        budget.SpendSteps(places.Count / 8);
        budget.Spend(places.Count * @new.Text.Length);
        var replaced = new TextValue.Builder();
        var untrusted = @new.AsUntrusted();
        var at = 0;
        foreach (var place in places)
        {
            // Of an empty part, what is around it.
            var (from, to) = old.Text.Length > 0 ? (place, place + old.Text.Length) : (Math.Max(0, place - 1), Math.Min(text.Text.Length, place + 1));
            replaced.Append(text.Cut(at, place)).Append(text.HasUntrusted(from, to) ? untrusted : @new);
            at = place + old.Text.Length;
        }

        return replaced.Append(text.Cut(at, text.Text.Length)).Build();
    }

    /// <summary>The parts between separators.</summary>
    /// <param name="text">The whole.</param>
    /// <param name="separator">Not empty.</param>
    /// <param name="most">Cut so often; negative: everywhere.</param>
    /// <param name="fromEnd">Whether the last cuts are made, not the first.</param>
    /// <param name="budget">Pays.</param>
    public static IReadOnlyList<TemplateValue> Split(TextValue text, string separator, int most, bool fromEnd, RenderBudget budget)
    {
        if (separator.Length == 0)
        {
            throw new TemplateRenderException("an empty separator");
        }

        var places = fromEnd ? PlacesFromEnd(text.Text, separator, most, budget) : Places(text.Text, separator, most < 0 ? int.MaxValue : most, budget);
        budget.SpendSteps(places.Count);
        var parts = new List<TemplateValue>(places.Count + 1);
        var at = 0;
        foreach (var place in places)
        {
            parts.Add(text.Cut(at, place));
            at = place + separator.Length;
        }

        parts.Add(text.Cut(at, text.Text.Length));
        return parts;
    }

    /// <summary>The parts between stretches of white space, none of them empty; what is left after so many cuts is the last, or the first.</summary>
    public static IReadOnlyList<TemplateValue> Words(TextValue text, int most, bool fromEnd, RenderBudget budget)
    {
        var words = new List<(int Start, int End)>();
        for (var at = 0; at < text.Text.Length; at++)
        {
            if (!WhiteSpace.Is(text.Text[at]))
            {
                var start = at;
                while (at < text.Text.Length && !WhiteSpace.Is(text.Text[at]))
                {
                    at++;
                }

                words.Add((start, at));
            }
        }

        if (most >= 0 && words.Count > most)
        {
            // What is left keeps the white space at its outer end.
            words = fromEnd ? [(0, words[^(most + 1)].End), .. words[^most..]] : [.. words[..most], (words[most].Start, text.Text.Length)];
        }

        budget.SpendSteps(words.Count);
        return [.. words.Select(word => text.Cut(word.Start, word.End))];
    }

    /// <summary>Its lines, with or without what ends them.</summary>
    public static IReadOnlyList<TemplateValue> Lines(TextValue text, bool keepEnds, RenderBudget budget)
    {
        var lines = new List<TemplateValue>();
        for (int at = 0, start = 0; at < text.Text.Length; start = at)
        {
            while (at < text.Text.Length && !WhiteSpace.EndsLine(text.Text[at]))
            {
                at++;
            }

            var end = at;
            at = Math.Min(text.Text.Length, at + (text.Text.AsSpan(at).StartsWith("\r\n") ? 2 : 1));
            lines.Add(text.Cut(start, keepEnds ? at : end));
        }

        budget.SpendSteps(lines.Count);
        return lines;
    }

    private static List<int> Places(string text, string part, int most, RenderBudget budget)
    {
        budget.SpendSearch(text, part);
        var places = new List<int>();
        for (var at = 0; places.Count < most && (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            places.Add(at);
        }

        return places;
    }

    private static List<int> PlacesFromEnd(string text, string part, int most, RenderBudget budget)
    {
        budget.SpendSearch(text, part);
        var places = new List<int>();
        var end = text.Length;
        while ((most < 0 || places.Count < most) && text.AsSpan(0, end).LastIndexOf(part) is >= 0 and var at)
        {
            places.Add(at);
            end = at;
        }

        places.Reverse();
        return places;
    }

    private static IEnumerable<int> Boundaries(TextValue text)
    {
        for (var at = 0; at < text.Text.Length; at += text.LengthAt(at))
        {
            yield return at;
        }

        yield return text.Text.Length;
    }

    private static bool IsStripped(string text, int at, int length, string? characters) =>
        characters is null ? length == 1 && WhiteSpace.Is(text[at]) : characters.AsSpan().IndexOf(text.AsSpan(at, length)) >= 0;
}
