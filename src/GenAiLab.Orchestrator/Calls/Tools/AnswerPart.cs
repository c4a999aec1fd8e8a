using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>A part of an answer that can be shown: text, or a call that is complete.</summary>
internal readonly record struct AnswerPart(string Text, ToolCall? Call = null);

/// <summary>Reads one candidate's text as it comes.</summary>
internal interface IAnswerReader
{
    /// <returns>What can now be shown.</returns>
    IEnumerable<AnswerPart> Append(string text);

    /// <summary>The text has ended.</summary>
    /// <returns>What was held back.</returns>
    IEnumerable<AnswerPart> Complete();
}

/// <summary>An answer without tools: all of it is text.</summary>
internal sealed class PlainAnswer : IAnswerReader
{
    public IEnumerable<AnswerPart> Append(string text) => text.Length == 0 ? [] : [new AnswerPart(text)];

    public IEnumerable<AnswerPart> Complete() => [];
}
