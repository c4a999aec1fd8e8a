namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>A part of a template that prints or does something.</summary>
/// <param name="Line">Where it begins.</param>
internal abstract record Statement(int Line);

internal sealed record TextStatement(int Line, TextValue Text) : Statement(Line);

internal sealed record OutputStatement(int Line, Expression Value) : Statement(Line);

internal sealed record SetStatement(int Line, AssignTarget Target, Expression Value) : Statement(Line);

/// <summary><c>set target | filters</c> up to <c>endset</c>: what the body prints is the value.</summary>
internal sealed record SetBlockStatement(int Line, AssignTarget Target, IReadOnlyList<AppliedOperation> Filters, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record IfStatement(
    int Line, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Otherwise) : Statement(Line);

/// <summary><c>for target in items if condition recursive</c>.</summary>
internal sealed record ForStatement(
    int Line,
    AssignTarget Target,
    Expression Items,
    Expression? Condition,
    bool IsRecursive,
    IReadOnlyList<Statement> Body,
    IReadOnlyList<Statement> Otherwise) : Statement(Line);

internal sealed record BreakStatement(int Line) : Statement(Line);

internal sealed record ContinueStatement(int Line) : Statement(Line);

internal sealed record MacroStatement(int Line, MacroDeclaration Macro) : Statement(Line);

/// <summary><c>call(parameters) macro(arguments)</c> up to <c>endcall</c>: the macro calls the body as <c>caller</c>.</summary>
internal sealed record CallStatement(int Line, CallExpression Call, MacroDeclaration Body) : Statement(Line);

internal sealed record FilterStatement(int Line, IReadOnlyList<AppliedOperation> Filters, IReadOnlyList<Statement> Body) : Statement(Line);

/// <summary>A body with variables of its own: <c>with</c>, and <c>generation</c>, which marks what a model is to learn and prints as it stands.</summary>
internal sealed record ScopeStatement(int Line, IReadOnlyList<(AssignTarget Target, Expression Value)> Variables, IReadOnlyList<Statement> Body) : Statement(Line);

/// <summary>A macro as it is written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Those with a default come last.</param>
/// <param name="Body">What it prints is its value.</param>
/// <param name="Mentions">Which of caller, varargs and kwargs the body uses; only those are accepted.</param>
internal sealed record MacroDeclaration(
    string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, IReadOnlySet<string> Mentions);

/// <summary>What a value is assigned to.</summary>
internal abstract record AssignTarget;

internal sealed record NameTarget(string Name) : AssignTarget;

/// <summary><c>name.attribute</c>, of a namespace.</summary>
internal sealed record NamespaceTarget(string Name, string Attribute) : AssignTarget;

internal sealed record TupleTarget(IReadOnlyList<AssignTarget> Items) : AssignTarget;
