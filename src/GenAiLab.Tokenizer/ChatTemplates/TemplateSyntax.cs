namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A part of a template that prints or does something.</summary>
internal abstract record Statement;

internal sealed record TextStatement(TextValue Text) : Statement;

internal sealed record OutputStatement(Expression Value) : Statement;

internal sealed record SetStatement(string Name, Expression Value) : Statement;

internal sealed record IfStatement(IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Otherwise) : Statement;

internal sealed record ForStatement(string Name, Expression Items, IReadOnlyList<Statement> Body) : Statement;

/// <summary>A part of a template that has a value.</summary>
/// <param name="Depth">Levels of the tree below and with it: bounds the evaluator's recursion.</param>
internal abstract record Expression(int Depth);

internal sealed record LiteralExpression(TemplateValue Value) : Expression(1);

internal sealed record NameExpression(string Name) : Expression(1);

/// <summary><c>target[key]</c> or <c>target.key</c>.</summary>
internal sealed record MemberExpression(Expression Target, Expression Key) : Expression(Math.Max(Target.Depth, Key.Depth) + 1);

/// <summary><c>target[from:to]</c>; null: from the start, to the end.</summary>
internal sealed record SliceExpression(Expression Target, Expression? From, Expression? To)
    : Expression(Math.Max(Target.Depth, Math.Max(From?.Depth ?? 0, To?.Depth ?? 0)) + 1);

internal sealed record FilterExpression(Expression Target, string Filter, IReadOnlyList<Expression> Arguments)
    : Expression(Arguments.Append(Target).Max(static part => part.Depth) + 1);

/// <summary><c>target is test</c>; the test is "defined", "none", "string" or "mapping".</summary>
internal sealed record TestExpression(Expression Target, string Test) : Expression(Target.Depth + 1);

internal sealed record NotExpression(Expression Operand) : Expression(Operand.Depth + 1);

/// <summary>The operators are those of <see cref="ExpressionParser"/>.</summary>
internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right) : Expression(Math.Max(Left.Depth, Right.Depth) + 1);

/// <summary><c>raise_exception(message)</c>.</summary>
internal sealed record RaiseExpression(Expression Message) : Expression(Message.Depth + 1);
