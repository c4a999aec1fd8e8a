using System.Globalization;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// Parses expressions with Jinja's precedence: or, and, not, comparison, + and -, ~, then what follows a value
/// (members, filters, tests). Checks names against those that the template can know.
/// </summary>
internal sealed class ExpressionParser(TokenReader tokens, ISet<string> names)
{
    private const int MaximumDepth = 100;
    private const string NotIn = "not in";
    private static readonly string[] Comparisons = ["==", "!=", "<", ">", "<=", ">="];
    private static readonly string[] Sums = ["+", "-"];
    private static readonly string[] LoopMembers = ["index", "index0", "first", "last"];

    // The filters of the subset, and how many arguments they take at most.
    private static readonly Dictionary<string, int> Filters = new() { ["trim"] = 0, ["upper"] = 0, ["lower"] = 0, ["length"] = 0, ["default"] = 2, ["tojson"] = 0 };
    private readonly HashSet<string> _used = [];
    private int _depth;

    /// <summary>The names that were met so far.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <exception cref="TemplateSyntaxException">No expression of the subset.</exception>
    public Expression Parse()
    {
        if (++_depth > MaximumDepth)
        {
            throw TooDeep();
        }

        var value = ParseAnd();
        while (tokens.AcceptWord("or"))
        {
            value = Checked(new BinaryExpression("or", value, ParseAnd()));
        }

        _depth--;
        return tokens.Sees(TemplateTokenKind.Name, "if") ? throw tokens.Unsupported("the inline 'if'") : value;
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
        var value = ParseSum();
        if (AcceptComparison() is { } comparison)
        {
            var right = ParseSum();
            value = comparison == NotIn
                ? Checked(new NotExpression(new BinaryExpression("in", value, right)))
                : Checked(new BinaryExpression(comparison, value, right));
            return AcceptComparison() is null ? value : throw tokens.Unsupported("a chained comparison");
        }

        return value;
    }

    private string? AcceptComparison()
    {
        if (tokens.AcceptWord("in"))
        {
            return "in";
        }

        if (tokens.AcceptWord("not"))
        {
            return tokens.AcceptWord("in") ? NotIn : throw tokens.Unexpected("'in'");
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
        var value = ParsePostfix();
        while (tokens.AcceptSymbol("~"))
        {
            value = Checked(new BinaryExpression("~", value, ParsePostfix()));
        }

        return value;
    }

    private Expression ParsePostfix()
    {
        var value = ParsePrimary();
        while (true)
        {
            if (tokens.AcceptSymbol("."))
            {
                value = Member(value, new LiteralExpression(TextValue.Trusted(tokens.ExpectName())));
            }
            else if (tokens.AcceptSymbol("["))
            {
                value = ParseSubscript(value);
            }
            else if (tokens.AcceptSymbol("|"))
            {
                value = ParseFilter(value);
            }
            else if (tokens.AcceptWord("is"))
            {
                value = ParseTest(value);
            }
            else if (tokens.Sees(TemplateTokenKind.Symbol, "("))
            {
                throw tokens.Unsupported(value switch
                {
                    NameExpression name => $"a call of '{name.Name}'",
                    MemberExpression { Key: LiteralExpression { Value: TextValue member } } => $"a call of '{member.Text}'",
                    _ => "a call",
                });
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseSubscript(Expression target)
    {
        var from = tokens.Sees(TemplateTokenKind.Symbol, ":") ? null : Parse();
        if (tokens.AcceptSymbol(":"))
        {
            var to = tokens.Sees(TemplateTokenKind.Symbol, "]") || tokens.Sees(TemplateTokenKind.Symbol, ":") ? null : Parse();
            if (tokens.Sees(TemplateTokenKind.Symbol, ":"))
            {
                throw tokens.Unsupported("a slice with a step");
            }

            tokens.ExpectSymbol("]");
            return Checked(new SliceExpression(target, from, to));
        }

        tokens.ExpectSymbol("]");
        return Member(target, from!);
    }

    private Expression Member(Expression target, Expression key)
    {
        if (target is NameExpression { Name: "loop" } && !(key is LiteralExpression { Value: TextValue member } && LoopMembers.Contains(member.Text)))
        {
            throw tokens.Unsupported(key is LiteralExpression { Value: TextValue other } ? $"'loop.{other.Text}'" : "a computed member of 'loop'");
        }

        return Checked(new MemberExpression(target, key));
    }

    private Expression ParseFilter(Expression target)
    {
        var filter = tokens.ExpectName();
        if (!Filters.TryGetValue(filter, out var most))
        {
            throw tokens.Unsupported($"the filter '{filter}'");
        }

        List<Expression> arguments = tokens.AcceptSymbol("(") ? ParseArguments() : [];
        return arguments.Count <= most && (filter != "default" || arguments.Count > 0)
            ? Checked(new FilterExpression(target, filter, arguments))
            : throw tokens.Unsupported($"the filter '{filter}' with {arguments.Count} arguments");
    }

    private List<Expression> ParseArguments()
    {
        var arguments = new List<Expression>();
        while (!tokens.AcceptSymbol(")"))
        {
            if (arguments.Count > 0)
            {
                tokens.ExpectSymbol(",");
            }

            arguments.Add(Parse());
            if (tokens.Sees(TemplateTokenKind.Symbol, "="))
            {
                throw tokens.Unsupported("an argument by name");
            }
        }

        return arguments;
    }

    private Expression ParseTest(Expression target)
    {
        var negated = tokens.AcceptWord("not");
        var test = tokens.ExpectName();
        if (test is not ("defined" or "none" or "string" or "mapping"))
        {
            throw tokens.Unsupported($"the test '{test}'");
        }

        var value = Checked(new TestExpression(target, test));
        return negated ? Checked(new NotExpression(value)) : value;
    }

    private Expression ParsePrimary()
    {
        var token = tokens.Take();
        return token.Kind switch
        {
            TemplateTokenKind.TextLiteral => new LiteralExpression(TextValue.Trusted(token.Text)),
            TemplateTokenKind.Integer => Integer(token, ""),
            TemplateTokenKind.Symbol when token.Text == "-" && tokens.Next.Kind == TemplateTokenKind.Integer => Integer(tokens.Take(), "-"),
            TemplateTokenKind.Symbol when token.Text == "(" => ParseParenthesis(),
            TemplateTokenKind.Symbol when token.Text == "[" => throw TemplateSyntaxException.Unsupported(token.Line, "a list literal"),
            TemplateTokenKind.Name => ParseName(token),
            _ => throw new TemplateSyntaxException(token.Line, $"there should be a value where '{token.Text}' is"),
        };
    }

    private Expression ParseParenthesis()
    {
        var value = Parse();
        if (tokens.Sees(TemplateTokenKind.Symbol, ","))
        {
            throw tokens.Unsupported("a tuple");
        }

        tokens.ExpectSymbol(")");
        return value;
    }

    private Expression ParseName(TemplateToken token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new LiteralExpression(new TruthValue(true));
            case "false" or "False":
                return new LiteralExpression(new TruthValue(false));
            case "none" or "None":
                return new LiteralExpression(NoneValue.Instance);
            case "raise_exception":
                tokens.ExpectSymbol("(");
                return ParseArguments() is [var message]
                    ? Checked(new RaiseExpression(message))
                    : throw new TemplateSyntaxException(token.Line, "raise_exception takes one message");
            case var name when names.Contains(name):
                _used.Add(name);
                return new NameExpression(name);
            case var name when tokens.Sees(TemplateTokenKind.Symbol, "("):
                throw TemplateSyntaxException.Unsupported(token.Line, $"a call of '{name}'");
            default:
                // Whoever renders templates elsewhere may define it (documents, date_string): without it the meaning would change.
                throw TemplateSyntaxException.Unsupported(token.Line, $"the variable '{token.Text}'");
        }
    }

    private static LiteralExpression Integer(TemplateToken token, string sign) =>
        long.TryParse(sign + token.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? new LiteralExpression(new NumberValue(value))
            : throw new TemplateSyntaxException(token.Line, $"'{token.Text}' is no integer");

    private Expression Checked(Expression expression) => expression.Depth <= MaximumDepth ? expression : throw TooDeep();

    private TemplateSyntaxException TooDeep() => new(tokens.Next.Line, $"an expression of more than {MaximumDepth} levels");
}
