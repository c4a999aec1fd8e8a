using System.Globalization;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>
/// Parses expressions with Jinja's precedence: the inline if, or, and, not, comparisons, + and -, ~, the other
/// arithmetic, **, signs, and then what follows a value (members, calls, filters, tests). Filters and tests are known by
/// their names when a template is read; variables are not, and undefined where nobody sets them.
/// </summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private const int MaximumDepth = 100;
    private const int MaximumDigits = 400;
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];
    private static readonly string[] Sums = ["+", "-"];
    private static readonly string[] Products = ["*", "//", "/", "%"];
    private readonly HashSet<string> _used = [];
    private readonly HashSet<string> _keys = [];
    private int _depth;

    /// <summary>The names whose values were asked for so far.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <summary>The attributes that were asked for so far, and all text literals: what may be a key.</summary>
    public IReadOnlySet<string> Keys => _keys;

    /// <summary>Asks for a name's value without an expression.</summary>
    public void Use(string name) => _used.Add(name);

    /// <summary>Asks for all that another parser's expressions ask for.</summary>
    public void UseAll(ExpressionParser other)
    {
        _used.UnionWith(other._used);
        _keys.UnionWith(other._keys);
    }

    /// <summary>One expression, or several with commas between them: a tuple.</summary>
    /// <param name="withCondition">Whether an inline if may follow; a for statement has an if of its own.</param>
    /// <exception cref="TemplateSyntaxException">There is no expression.</exception>
    public Expression ParseTuple(bool withCondition = true)
    {
        var first = Parse(withCondition);
        if (!tokens.SeesSymbol(","))
        {
            return first;
        }

        List<Expression> items = [first];
        while (tokens.AcceptSymbol(",") && !EndsTuple())
        {
            items.Add(Parse(withCondition));
        }

        return Checked(new TupleExpression(items));
    }

    /// <exception cref="TemplateSyntaxException">There is no expression.</exception>
    public Expression Parse(bool withCondition = true)
    {
        if (++_depth > MaximumDepth)
        {
            throw TooDeep();
        }

        var value = ParseOr();
        while (withCondition && tokens.AcceptWord("if"))
        {
            var condition = ParseOr();
            value = Checked(new ConditionalExpression(condition, value, tokens.AcceptWord("else") ? Parse() : null));
        }

        _depth--;
        return value;
    }

    /// <summary>A filter's name and arguments.</summary>
    /// <exception cref="TemplateSyntaxException">It is not supported.</exception>
    public AppliedOperation ParseFilter()
    {
        var name = tokens.ExpectName();
        var filter = Filters.Find(name) ?? throw tokens.Unsupported($"the filter '{name}'");
        return Applied("the filter", filter, tokens.SeesSymbol("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private bool EndsTuple() =>
        tokens.Next.Kind is TemplateTokenKind.OutputEnd or TemplateTokenKind.StatementEnd || tokens.SeesSymbol(")") || tokens.SeesWord("recursive");

    private Expression ParseOr()
    {
        var value = ParseAnd();
        while (tokens.AcceptWord("or"))
        {
            value = Checked(new BinaryExpression("or", value, ParseAnd()));
        }

        return value;
    }

    private Expression ParseAnd()
    {
        var value = ParseNot();
        while (tokens.AcceptWord("and"))
        {
            value = Checked(new BinaryExpression("and", value, ParseNot()));
        }

        return value;
    }

    private Expression ParseNot()
    {
        var negations = 0;
        while (tokens.AcceptWord("not"))
        {
            negations++;
        }

        var value = ParseComparison();
        for (; negations > 0; negations--)
        {
            value = Checked(new NotExpression(value));
        }

        return value;
    }

    private Expression ParseComparison()
    {
        var first = ParseSum();
        var others = new List<(string, Expression)>();
        while (AcceptComparison() is { } comparison)
        {
            others.Add((comparison, ParseSum()));
        }

        return others.Count == 0 ? first : Checked(new ComparisonExpression(first, others));
    }

    private string? AcceptComparison()
    {
        if (tokens.AcceptWord("in"))
        {
            return "in";
        }

        if (tokens.SeesWord("not") && tokens.Second is { Kind: TemplateTokenKind.Name, Text: "in" })
        {
            tokens.Take();
            tokens.Take();
            return "not in";
        }

        return Array.Find(Comparisons, tokens.AcceptSymbol);
    }

    private Expression ParseSum()
    {
        var value = ParseJoin();
        while (Array.Find(Sums, tokens.AcceptSymbol) is { } sum)
        {
            value = Checked(new BinaryExpression(sum, value, ParseJoin()));
        }

        return value;
    }

    private Expression ParseJoin()
    {
        var value = ParseProduct();
        while (tokens.AcceptSymbol("~"))
        {
            value = Checked(new BinaryExpression("~", value, ParseProduct()));
        }

        return value;
    }

    private Expression ParseProduct()
    {
        var value = ParsePower();
        while (Array.Find(Products, tokens.AcceptSymbol) is { } product)
        {
            value = Checked(new BinaryExpression(product, value, ParsePower()));
        }

        return value;
    }

    // From the left, unlike Python's.
    private Expression ParsePower()
    {
        var value = ParseSigned(withFilters: true);
        while (tokens.AcceptSymbol("**"))
        {
            value = Checked(new BinaryExpression("**", value, ParseSigned(withFilters: true)));
        }

        return value;
    }

    // A filter applies to the sign too: -1|abs is 1.
    private Expression ParseSigned(bool withFilters)
    {
        if (++_depth > MaximumDepth)
        {
            throw TooDeep();
        }

        var value = Array.Find(Sums, tokens.AcceptSymbol) is { } sign
            ? Checked(new SignExpression(sign == "-", ParseSigned(withFilters: false)))
            : ParsePrimary();
        value = ParsePostfix(value);
        _depth--;
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            if (tokens.AcceptSymbol("."))
            {
                value = Checked<Expression>(tokens.Next.Kind == TemplateTokenKind.Integer
                    ? new ItemExpression(value, Integer(tokens.Take()))
                    : Attribute(value, tokens.ExpectName()));
            }
            else if (tokens.AcceptSymbol("["))
            {
                value = ParseSubscript(value);
            }
            else if (tokens.SeesSymbol("("))
            {
                value = ParseCall(value);
            }
            else
            {
                return value;
            }
        }
    }

    private AttributeExpression Attribute(Expression target, string name)
    {
        _keys.Add(name);
        return new AttributeExpression(target, TextValue.Trusted(name));
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            if (tokens.AcceptSymbol("|"))
            {
                value = Checked(new FilterExpression(value, ParseFilter()));
            }
            else if (tokens.AcceptWord("is"))
            {
                value = ParseTest(value);
            }
            else if (tokens.SeesSymbol("("))
            {
                value = ParseCall(value);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseCall(Expression target)
    {
        if (target is AttributeExpression { Name.Text: var method } && Methods.IsUnsupported(method))
        {
            throw tokens.Unsupported($"the method '{method}'");
        }

        return Checked(new CallExpression(target, ParseArguments()));
    }

    private Expression ParseSubscript(Expression target)
    {
        var from = tokens.SeesSymbol(":") ? null : Parse();
        if (!tokens.AcceptSymbol(":"))
        {
            List<Expression> keys = [from!];
            while (tokens.AcceptSymbol(","))
            {
                keys.Add(Parse());
            }

            tokens.ExpectSymbol("]");
            return Checked(new ItemExpression(target, keys.Count == 1 ? from! : Checked(new TupleExpression(keys))));
        }

        var to = tokens.SeesSymbol("]") || tokens.SeesSymbol(":") ? null : Parse();
        var step = tokens.AcceptSymbol(":") && !tokens.SeesSymbol("]") ? Parse() : null;
        tokens.ExpectSymbol("]");
        return Checked(new SliceExpression(target, from, to, step));
    }

    private ArgumentList ParseArguments()
    {
        tokens.ExpectSymbol("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? more = null, moreNamed = null;
        for (var isFirst = true; !tokens.AcceptSymbol(")"); isFirst = false)
        {
            if (!isFirst)
            {
                tokens.ExpectSymbol(",");
                if (tokens.AcceptSymbol(")"))
                {
                    break;
                }
            }

            if (moreNamed is not null)
            {
                throw tokens.Unexpected("')'");
            }

            if (tokens.AcceptSymbol("*"))
            {
                more = more is null ? Parse() : throw tokens.Unexpected("an argument");
            }
            else if (tokens.AcceptSymbol("**"))
            {
                moreNamed = Parse();
            }
            else if (tokens.Next.Kind == TemplateTokenKind.Name && tokens.Second is { Kind: TemplateTokenKind.Symbol, Text: "=" })
            {
                var name = tokens.Take().Text;
                tokens.Take();
                named.Add((name, Parse()));
            }
            else if (named.Count > 0 || more is not null)
            {
                throw tokens.Unexpected("an argument by name");
            }
            else
            {
                positional.Add(Parse());
            }
        }

        return new ArgumentList(positional, named, more, moreNamed);
    }

    private Expression ParseTest(Expression target)
    {
        var negated = tokens.AcceptWord("not");
        var name = tokens.ExpectName();
        var test = Tests.Find(name) ?? throw tokens.Unsupported($"the test '{name}'");
        var value = Checked(new TestExpression(target, Applied("the test", test, ParseTestArguments())));
        return negated ? Checked(new NotExpression(value)) : value;
    }

    // A test's only argument needs no parentheses: x is divisibleby 3.
    private ArgumentList ParseTestArguments()
    {
        if (tokens.SeesSymbol("("))
        {
            return ParseArguments();
        }

        var next = tokens.Next;
        return next.Kind switch
        {
            TemplateTokenKind.Name when next.Text == "is" => throw new TemplateSyntaxException(next.Line, "a test cannot follow a test"),
            TemplateTokenKind.Name when next.Text is "else" or "or" or "and" => ArgumentList.Empty,
            TemplateTokenKind.Name or TemplateTokenKind.TextLiteral or TemplateTokenKind.Integer or TemplateTokenKind.Float => One(),
            TemplateTokenKind.Symbol when next.Text is "[" or "{" => One(),
            _ => ArgumentList.Empty,
        };

        ArgumentList One() => ArgumentList.Empty with { Positional = [ParsePostfix(ParsePrimary())] };
    }

    private AppliedOperation Applied(string kind, Operation operation, ArgumentList arguments)
    {
        if (operation.Signature.Complaint(arguments) is { } complaint)
        {
            throw tokens.Unsupported($"{kind} '{operation.Name}' {complaint}");
        }

        // What map and select are to apply is known by its name too.
        if (Filters.Applied(operation.Name, arguments) is ({ } appliedKind, { } applied))
        {
            throw tokens.Unsupported($"the {appliedKind} '{applied}'");
        }

        return new AppliedOperation(operation, arguments);
    }

    private Expression ParsePrimary()
    {
        var token = tokens.Take();
        return token.Kind switch
        {
            TemplateTokenKind.TextLiteral => Text(token),
            TemplateTokenKind.Integer => Integer(token),
            TemplateTokenKind.Float => new LiteralExpression(new DecimalValue(double.Parse(token.Text, CultureInfo.InvariantCulture))),
            TemplateTokenKind.Symbol when token.Text == "(" => ParseParenthesis(),
            TemplateTokenKind.Symbol when token.Text == "[" => ParseList(),
            TemplateTokenKind.Symbol when token.Text == "{" => ParseMap(),
            TemplateTokenKind.Name => Name(token),
            _ => throw new TemplateSyntaxException(token.Line, $"there should be a value where '{token.Text}' is"),
        };
    }

    private Expression ParseParenthesis()
    {
        var value = tokens.SeesSymbol(")") ? new TupleExpression([]) : ParseTuple();
        tokens.ExpectSymbol(")");
        return value;
    }

    private Expression ParseList()
    {
        var items = new List<Expression>();
        while (!tokens.AcceptSymbol("]"))
        {
            items.Add(Parse());
            if (!tokens.SeesSymbol("]"))
            {
                tokens.ExpectSymbol(",");
            }
        }

        return Checked(new ListExpression(items));
    }

    private Expression ParseMap()
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.AcceptSymbol("}"))
        {
            var key = Parse();
            tokens.ExpectSymbol(":");
            entries.Add((key, Parse()));
            if (!tokens.SeesSymbol("}"))
            {
                tokens.ExpectSymbol(",");
            }
        }

        return Checked(new MapExpression(entries));
    }

    // Literals one after the other are one.
    private LiteralExpression Text(TemplateToken token)
    {
        var parts = new List<string> { token.Text };
        while (tokens.Next.Kind == TemplateTokenKind.TextLiteral)
        {
            parts.Add(tokens.Take().Text);
        }

        var text = string.Concat(parts);
        _keys.Add(text);
        return new LiteralExpression(TextValue.Trusted(text));
    }

    private Expression Name(TemplateToken token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new LiteralExpression(TruthValue.True);
            case "false" or "False":
                return new LiteralExpression(TruthValue.False);
            case "none" or "None":
                return new LiteralExpression(NoneValue.Instance);
            case "lipsum" or "self" or "super":
                throw TemplateSyntaxException.Unsupported(token.Line, $"'{token.Text}'");
            default:
                _used.Add(token.Text);
                return new NameExpression(token.Text);
        }
    }

    private static LiteralExpression Integer(TemplateToken token) =>
        token.Text.Length <= MaximumDigits && Numbers.ParseInteger(token.Text, 0) is { } value
            ? new LiteralExpression(new NumberValue(value))
            : throw new TemplateSyntaxException(token.Line, $"an integer of more than {MaximumDigits} digits");

    private T Checked<T>(T expression)
        where T : Expression => expression.Depth <= MaximumDepth ? expression : throw TooDeep();

    private TemplateSyntaxException TooDeep() => new(tokens.Next.Line, $"an expression of more than {MaximumDepth} levels");
}
