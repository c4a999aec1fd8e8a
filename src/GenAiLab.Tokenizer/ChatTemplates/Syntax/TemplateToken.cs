namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

internal enum TemplateTokenKind
{
    /// <summary>What stands outside the tags; printed as it is.</summary>
    Text,
    OutputBegin,
    OutputEnd,
    StatementBegin,
    StatementEnd,
    Name,
    TextLiteral,
    Integer,
    Float,
    Symbol,
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its characters; of a literal: its value.</param>
/// <param name="Line">Counted from 1.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line);
