namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>Parses a template's statements. Those that are not supported are refused by their names.</summary>
internal sealed class TemplateParser
{
    private const int MaximumNesting = 64;
    private static readonly string[] Closings = ["endif", "endfor", "else", "elif", "endset", "endmacro", "endcall", "endfilter", "endwith", "endgeneration", "endraw"];
    private static readonly string[] OfMacros = ["caller", "varargs", "kwargs"];
    private static readonly string[] Reserved = ["loop", "true", "false", "none", "True", "False", "None"];
    private readonly TokenReader _tokens;
    private ExpressionParser _expressions;
    private int _nesting;
    private int _loops;

    private TemplateParser(TokenReader tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <param name="source">The template.</param>
    /// <param name="used">The names whose values it asks for.</param>
    /// <param name="keys">What it may ask values for.</param>
    /// <exception cref="TemplateSyntaxException">It is damaged or uses more of Jinja than is supported.</exception>
    public static IReadOnlyList<Statement> Parse(string source, out IReadOnlySet<string> used, out IReadOnlySet<string> keys)
    {
        var parser = new TemplateParser(new TokenReader(TemplateLexer.Read(source)));
        var (statements, end) = parser.ParseUntil();
        (used, keys) = (parser._expressions.Used, parser._expressions.Keys);
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
                    statements.Add(new TextStatement(token.Line, TextValue.Trusted(token.Text)));
                    break;
                case TemplateTokenKind.OutputBegin:
                    statements.Add(new OutputStatement(token.Line, _expressions.ParseTuple()));
                    _tokens.ExpectEnd(TemplateTokenKind.OutputEnd);
                    break;
                case TemplateTokenKind.StatementBegin:
                    var word = _tokens.ExpectName();
                    if (ends.Contains(word) || (ends.Length == 0 && Closings.Contains(word)))
                    {
                        _nesting--;
                        return (statements, word);
                    }

                    statements.Add(ParseStatement(word, token.Line));
                    _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
                    break;
                default:
                    _nesting--;
                    return ends.Length == 0 ? (statements, null) : throw new TemplateSyntaxException(token.Line, $"'{ends[^1]}' is missing");
            }
        }
    }

    // Up to the end of its last tag, which is taken with the next statement's.
    private Statement ParseStatement(string word, int line) => word switch
    {
        "set" => ParseSet(line),
        "if" => ParseIf(line),
        "for" => ParseFor(line),
        "break" => new BreakStatement(InLoop(word, line)),
        "continue" => new ContinueStatement(InLoop(word, line)),
        "macro" => new MacroStatement(line, ParseMacro(_tokens.ExpectName(), "endmacro")),
        "call" => ParseCall(line),
        "filter" => new FilterStatement(line, ParseFilters(), ParseBody("endfilter")),
        "with" => ParseWith(line),
        "generation" => new ScopeStatement(line, [], OutsideLoops(() => ParseBody("endgeneration"))),
        _ => throw _tokens.Unsupported($"the statement '{word}'"),
    };

    private Statement ParseSet(int line)
    {
        var target = ParseTarget(withNamespaces: true);
        if (_tokens.AcceptSymbol("="))
        {
            return new SetStatement(line, target, _expressions.ParseTuple());
        }

        var filters = _tokens.AcceptSymbol("|") ? ParseFilters() : [];
        return new SetBlockStatement(line, target, filters, ParseBody("endset"));
    }

    private IReadOnlyList<AppliedOperation> ParseFilters()
    {
        List<AppliedOperation> filters = [_expressions.ParseFilter()];
        while (_tokens.AcceptSymbol("|"))
        {
            filters.Add(_expressions.ParseFilter());
        }

        return filters;
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        while (true)
        {
            var condition = _expressions.ParseTuple(withCondition: false);
            EndTag();
            var (body, end) = ParseUntil("elif", "else", "endif");
            branches.Add((condition, body));
            if (end != "elif")
            {
                return new IfStatement(line, branches, end == "else" ? ParseBody("endif") : []);
            }
        }
    }

    private ForStatement ParseFor(int line)
    {
        var target = ParseTarget(withNamespaces: false);
        _tokens.ExpectWord("in");
        var items = _expressions.ParseTuple(withCondition: false);
        var condition = _tokens.AcceptWord("if") ? _expressions.Parse() : null;
        var isRecursive = _tokens.AcceptWord("recursive");
        EndTag();
        _loops++;
        var (body, end) = ParseUntil("endfor", "else");
        _loops--;
        return new ForStatement(line, target, items, condition, isRecursive, body, end == "else" ? ParseBody("endfor") : []);
    }

    private MacroDeclaration ParseMacro(string name, string end)
    {
        var parameters = ParseParameters();
        return DeclareMacro(name, parameters, end);
    }

    private IReadOnlyList<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        _tokens.ExpectSymbol("(");
        while (!_tokens.AcceptSymbol(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.ExpectSymbol(",");
            }

            var name = ExpectVariable();
            var preset = _tokens.AcceptSymbol("=") ? _expressions.Parse() : null;
            if (preset is null && parameters is [.., (_, not null)])
            {
                throw new TemplateSyntaxException(_tokens.Next.Line, $"the parameter '{name}' needs a default, as the one before it has");
            }

            parameters.Add((name, preset));
        }

        return parameters;
    }

    // Which of the special names a macro's body uses is found by parsing it with a list of its own.
    private MacroDeclaration DeclareMacro(string name, IReadOnlyList<(string, Expression?)> parameters, string end)
    {
        var outer = _expressions;
        _expressions = new ExpressionParser(_tokens);
        var body = OutsideLoops(() => ParseBody(end));
        var used = _expressions.Used;
        outer.UseAll(_expressions);
        _expressions = outer;
        return new MacroDeclaration(name, parameters, body, OfMacros.Where(used.Contains).ToHashSet());
    }

    private CallStatement ParseCall(int line)
    {
        var parameters = _tokens.SeesSymbol("(") ? ParseParameters() : [];
        return _expressions.Parse() is CallExpression call
            ? new CallStatement(line, call, DeclareMacro("caller", parameters, "endcall"))
            : throw new TemplateSyntaxException(line, "'call' needs a call");
    }

    private ScopeStatement ParseWith(int line)
    {
        var variables = new List<(AssignTarget, Expression)>();
        while (_tokens.Next.Kind != TemplateTokenKind.StatementEnd)
        {
            if (variables.Count > 0)
            {
                _tokens.ExpectSymbol(",");
            }

            var target = ParseTarget(withNamespaces: false);
            _tokens.ExpectSymbol("=");
            variables.Add((target, _expressions.Parse()));
        }

        return new ScopeStatement(line, variables, ParseBody("endwith"));
    }

    private IReadOnlyList<Statement> ParseBody(string end)
    {
        EndTag();
        return ParseUntil(end).Statements;
    }

    // As in Python, a colon may end what opens a block.
    private void EndTag()
    {
        _tokens.AcceptSymbol(":");
        _tokens.ExpectEnd(TemplateTokenKind.StatementEnd);
    }

    private int InLoop(string word, int line) => _loops > 0 ? line : throw new TemplateSyntaxException(line, $"'{word}' outside of a loop");

    // A macro's body can leave none of the loops around it.
    private T OutsideLoops<T>(Func<T> parse)
    {
        (var loops, _loops) = (_loops, 0);
        var parsed = parse();
        _loops = loops;
        return parsed;
    }

    private AssignTarget ParseTarget(bool withNamespaces)
    {
        var first = ParseTargetItem(withNamespaces);
        if (!_tokens.SeesSymbol(","))
        {
            return first;
        }

        List<AssignTarget> items = [first];
        while (_tokens.AcceptSymbol(",") && !_tokens.SeesWord("in") && !_tokens.SeesSymbol("=") && !_tokens.SeesSymbol(")"))
        {
            items.Add(ParseTargetItem(withNamespaces));
        }

        return new TupleTarget(items);
    }

    private AssignTarget ParseTargetItem(bool withNamespaces)
    {
        if (_tokens.AcceptSymbol("("))
        {
            if (++_nesting > MaximumNesting)
            {
                throw new TemplateSyntaxException(_tokens.Next.Line, $"names nested more than {MaximumNesting} levels deep");
            }

            var target = ParseTarget(withNamespaces: false);
            _tokens.ExpectSymbol(")");
            _nesting--;
            return target;
        }

        var name = ExpectVariable();
        if (!withNamespaces || !_tokens.AcceptSymbol("."))
        {
            return new NameTarget(name);
        }

        _expressions.Use(name);
        return new NamespaceTarget(name, _tokens.ExpectName());
    }

    private string ExpectVariable()
    {
        var name = _tokens.ExpectName();
        return Reserved.Contains(name) ? throw new TemplateSyntaxException(_tokens.Next.Line, $"'{name}' is no name to assign to") : name;
    }
}
