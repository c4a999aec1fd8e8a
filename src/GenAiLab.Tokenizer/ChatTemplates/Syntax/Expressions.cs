using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>A part of a template that has a value.</summary>
/// <param name="Depth">Levels of the tree below and with it: bounds the evaluator's recursion.</param>
internal abstract record Expression(int Depth)
{
    protected static int Above(params IEnumerable<Expression?> parts) => parts.Max(static part => (int?)part?.Depth) + 1 ?? 1;
}

internal sealed record LiteralExpression(TemplateValue Value) : Expression(1);

internal sealed record NameExpression(string Name) : Expression(1);

internal sealed record ListExpression(IReadOnlyList<Expression> Items) : Expression(Above(Items));

internal sealed record TupleExpression(IReadOnlyList<Expression> Items) : Expression(Above(Items));

internal sealed record MapExpression(IReadOnlyList<(Expression Key, Expression Value)> Entries)
    : Expression(Above(Entries.SelectMany(static entry => new[] { entry.Key, entry.Value })));

/// <summary><c>target.name</c>: a method before an entry.</summary>
internal sealed record AttributeExpression(Expression Target, TextValue Name) : Expression(Above(Target));

/// <summary><c>target[key]</c>: an entry before a method.</summary>
internal sealed record ItemExpression(Expression Target, Expression Key) : Expression(Above(Target, Key));

/// <summary><c>target[from:to:step]</c>; null: left out.</summary>
internal sealed record SliceExpression(Expression Target, Expression? From, Expression? To, Expression? Step) : Expression(Above(Target, From, To, Step));

internal sealed record CallExpression(Expression Target, ArgumentList Arguments) : Expression(Above([Target, .. Arguments.All]));

internal sealed record FilterExpression(Expression Target, AppliedOperation Filter) : Expression(Above([Target, .. Filter.Arguments.All]));

internal sealed record TestExpression(Expression Target, AppliedOperation Test) : Expression(Above([Target, .. Test.Arguments.All]));

internal sealed record NotExpression(Expression Operand) : Expression(Above(Operand));

/// <summary>A sign before a number.</summary>
internal sealed record SignExpression(bool IsNegative, Expression Operand) : Expression(Above(Operand));

/// <summary>The operators are those of <see cref="ExpressionParser"/>.</summary>
internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right) : Expression(Above(Left, Right));

/// <summary><c>first &lt; second &lt;= third</c>: each with its neighbour, and all must hold.</summary>
internal sealed record ComparisonExpression(Expression First, IReadOnlyList<(string Operator, Expression Operand)> Others)
    : Expression(Above([First, .. Others.Select(static other => other.Operand)]));

/// <summary><c>value if condition else otherwise</c>; without the last it is undefined.</summary>
internal sealed record ConditionalExpression(Expression Condition, Expression Value, Expression? Otherwise) : Expression(Above(Condition, Value, Otherwise));

/// <summary>A filter or test and what it is given besides its subject.</summary>
internal sealed record AppliedOperation(Operation Operation, ArgumentList Arguments);

/// <summary>The arguments of a call as they are written.</summary>
/// <param name="Positional">In order.</param>
/// <param name="Named">By name.</param>
/// <param name="More">After a star: a list of further ones. May be null.</param>
/// <param name="MoreNamed">After two: a mapping of further ones by name. May be null.</param>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? More, Expression? MoreNamed)
{
    public static readonly ArgumentList Empty = new([], [], null, null);

    public IEnumerable<Expression?> All => [.. Positional, .. Named.Select(static named => named.Value), More, MoreNamed];
}
