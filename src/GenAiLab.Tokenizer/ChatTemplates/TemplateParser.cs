namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>Parses a template's statements: text, output, for, if, set. Every other statement is refused by its name.</summary>
internal sealed class TemplateParser
{
    private const int MaximumNesting = 32;
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private readonly HashSet<string> _names;
    private int _nesting;

    private TemplateParser(TokenReader tokens, IEnumerable<string> variables)
    {
        _tokens = tokens;
        _names = [.. variables];
        _expressions = new ExpressionParser(tokens, _names);
    }

    /// <param name="source">The template.</param>
    /// <param name="variables">What it can use besides what it sets itself.</param>
    /// <param name="used">The names that it does use.</param>
    /// <exception cref="TemplateSyntaxException">It is damaged or uses more of Jinja than is supported.</exception>
    public static IReadOnlyList<Statement> Parse(string source, IEnumerable<string> variables, out IReadOnlySet<string> used)
    {
        var parser = new TemplateParser(new TokenReader(TemplateLexer.Read(source)), variables);
        var (statements, end) = parser.ParseUntil();
        used = parser._expressions.Used;
        return end is null ? statements : throw new TemplateSyntaxException(parser._tokens.Next.Line, $"'{end}' ends nothing");
    }

    /// <summary>Statements up to one of these words, which is taken; its tag is open still. Null: up to the end.</summary>
    private (IReadOnlyList<Statement> Statements, string? End) ParseUntil(params string[] ends)
    {
        if (++_nesting > MaximumNesting)
        {
            throw new TemplateSyntaxException(_tokens.Next.Line, $"statements nested more than {MaximumNesting} levels deep");
        }

        var statements = new List<Statement>();
        while (true)
        {
            var token = _tokens.Take();
            switch (token.Kind)
            {
                case TemplateTokenKind.Text:
                    statements.Add(new TextStatement(TextValue.Trusted(token.Text)));
                    break;
                case TemplateTokenKind.OutputBegin:
                    statements.Add(new OutputStatement(_expressions.Parse()));
                    _tokens.ExpectEnd(TemplateTokenKind.OutputEnd);
                    break;
                case TemplateTokenKind.StatementBegin:
                    var word = _tokens.ExpectName();
                    if (ends.Contains(word) || (ends.Length == 0 && word is "endif" or "endfor" or "else" or "elif"))
                    {
                        _nesting--;
                        return (statements, word);
                    }

                    statements.Add(ParseStatement(word));
                    break;
                default:
                    _nesting--;
                    return ends.Length == 0 ? (statements, null) : throw new TemplateSyntaxException(token.Line, $"'{ends[^1]}' is missing");
            }
        }
    }

    private Statement ParseStatement(string word) => word switch
    {
        "set" => ParseSet(),
        "if" => ParseIf(),
        "for" => ParseFor(),
        _ => throw _tokens.Unsupported($"the statement '{word}'"),
    };

    private SetStatement ParseSet()
    {
        var name = ExpectVariable();
        if (!_tokens.AcceptSymbol("="))
        {
            throw _tokens.Unsupported("a 'set' of anything but one name to one value");
        }

        var value = _expressions.Parse();
        _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
        _names.Add(name);
        return new SetStatement(name, value);
    }

    private IfStatement ParseIf()
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        while (true)
        {
            var condition = _expressions.Parse();
            _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
            var (body, end) = ParseUntil("elif", "else", "endif");
            branches.Add((condition, body));
            if (end == "elif")
            {
                continue;
            }

            IReadOnlyList<Statement> otherwise = [];
            if (end == "else")
            {
                _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
                (otherwise, _) = ParseUntil("endif");
            }

            _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
            return new IfStatement(branches, otherwise);
        }
    }

    private ForStatement ParseFor()
    {
        var name = ExpectVariable();
        if (_tokens.Sees(TemplateTokenKind.Symbol, ","))
        {
            throw _tokens.Unsupported("a 'for' with several names");
        }

        if (!_tokens.AcceptWord("in"))
        {
            throw _tokens.Unexpected("'in'");
        }

        var items = _expressions.Parse(); // Refuses "if", which would filter the items.
        _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
        var added = new[] { name, "loop" }.Where(_names.Add).ToList();
        var (body, end) = ParseUntil("endfor", "else");
        if (end == "else")
        {
            throw _tokens.Unsupported("the 'else' of a 'for'");
        }

        _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
        _names.ExceptWith(added);
        return new ForStatement(name, items, body);
    }

    private string ExpectVariable()
    {
        var name = _tokens.ExpectName();
        return name is "loop" or "true" or "false" or "none" or "True" or "False" or "None" or "raise_exception"
            ? throw new TemplateSyntaxException(_tokens.Next.Line, $"'{name}' is no name to assign to")
            : name;
    }
}
