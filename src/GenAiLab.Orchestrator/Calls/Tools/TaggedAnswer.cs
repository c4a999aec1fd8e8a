using System.Text;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>
/// An answer in which calls stand between tags, as Qwen's and Hermes' templates ask for them:
/// <c>&lt;tool_call&gt;{"name": …, "arguments": …}&lt;/tool_call&gt;</c>. Text is passed on as soon as no tag can begin
/// with it; what stands between tags and is no call of an offered tool is text, tags included.
/// </summary>
internal sealed class TaggedAnswer(IReadOnlySet<string> tools) : IAnswerReader
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    private readonly StringBuilder _held = new();
    private bool _within;
    private bool _called;

    public IEnumerable<AnswerPart> Append(string text)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        _held.Append(text);
        while (true)
        {
            var held = _held.ToString();
            var at = held.IndexOf(_within ? Close : Open, StringComparison.Ordinal);
            if (at < 0)
            {
                var kept = _within ? held.Length : Undecided(held);
                if (kept < held.Length)
                {
                    yield return Take(held.Length - kept, 0);
                }

                yield break;
            }

            if (_within)
            {
                yield return Read(Take(at, Close.Length).Text, closed: true);
            }
            else if (Take(at, Open.Length).Text.TrimEnd() is { Length: > 0 } before)
            {
                yield return new AnswerPart(before);
            }

            _within = !_within;
        }
    }

    public IEnumerable<AnswerPart> Complete()
    {
        var rest = Take(_held.Length, 0).Text;
        if (_within)
        {
            // Some models end their turn in place of the tag.
            yield return Read(rest, closed: false);
        }
        else if (rest.Length > 0 && !(_called && string.IsNullOrWhiteSpace(rest)))
        {
            yield return new AnswerPart(rest);
        }
    }

    private AnswerPart Read(string body, bool closed)
    {
        if (!ToolCallJson.TryRead(body, tools, out var call))
        {
            return new AnswerPart(Open + body + (closed ? Close : ""));
        }

        _called = true;
        return new AnswerPart("", call);
    }

    private AnswerPart Take(int length, int skipped)
    {
        var taken = _held.ToString(0, length);
        _held.Remove(0, length + skipped);
        return new AnswerPart(taken);
    }

    /// <summary>Characters at the end that may be the beginning of a tag, and white space before it, which belongs to the tag.</summary>
    private static int Undecided(string held)
    {
        var begun = Math.Min(Open.Length - 1, held.Length);
        while (!held.EndsWith(Open[..begun], StringComparison.Ordinal))
        {
            begun--;
        }

        var start = held.Length - begun;
        while (start > 0 && char.IsWhiteSpace(held[start - 1]))
        {
            start--;
        }

        return held.Length - start;
    }
}
