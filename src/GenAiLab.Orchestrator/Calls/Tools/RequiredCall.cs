using System.Text;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>An answer that a constraint makes a call. Where it was cut short it is none, and shown as the text that it is.</summary>
internal sealed class RequiredCall(IReadOnlySet<string> tools) : IAnswerReader
{
    private readonly StringBuilder _text = new();

    public IEnumerable<AnswerPart> Append(string text)
    {
        _text.Append(text);
        return [];
    }

    public IEnumerable<AnswerPart> Complete()
    {
        var text = _text.ToString();
        return ToolCallJson.TryRead(text, tools, out var call) ? [new AnswerPart("", call)]
            : text.Length > 0 ? [new AnswerPart(text)]
            : [];
    }
}
