using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Runs a template's statements, once.</summary>
internal sealed class TemplateEvaluator
{
    private readonly RenderBudget _budget;
    private readonly Renderer _renderer;
    private readonly ExpressionEvaluator _expressions;
    private TextValue.Builder _output = new();

    public TemplateEvaluator(RenderBudget budget, TimeProvider clock)
    {
        _budget = budget;
        _renderer = new Renderer(budget, clock) { RunMacro = Run };
        _expressions = new ExpressionEvaluator(_renderer);
    }

    // What a statement leaves a loop by.
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <exception cref="TemplateRenderException">The template refuses the messages, or cannot go on.</exception>
    public TextValue Run(IReadOnlyList<Statement> statements, TemplateScope scope)
    {
        RunAll(statements, scope);
        return RenderBudget.Limit(_output.Build());
    }

    private Flow RunAll(IReadOnlyList<Statement> statements, TemplateScope scope)
    {
        foreach (var statement in statements)
        {
            _budget.Spend();
            Flow flow;
            try
            {
                flow = Run(statement, scope);
            }
            catch (TemplateRenderException error) when (!error.IsPlaced)
            {
                throw error.At(statement.Line);
            }

            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Run(Statement statement, TemplateScope scope)
    {
        switch (statement)
        {
            case TextStatement text:
                Write(text.Text);
                break;
            case OutputStatement output:
                Write(_renderer.Print(_expressions.Evaluate(output.Value, scope)));
                break;
            case SetStatement set:
                Assign(set.Target, _expressions.Evaluate(set.Value, scope), scope);
                break;
            case SetBlockStatement set:
                return Captured(set.Body, set.Filters, scope, text => Assign(set.Target, text, scope));
            case FilterStatement filter:
                return Captured(filter.Body, filter.Filters, scope, text => Write(_renderer.Print(text)));
            case IfStatement branch:
                return RunAll(
                    branch.Branches.FirstOrDefault(part => _expressions.Evaluate(part.Condition, scope).IsTrue) is { Body: { } body } ? body : branch.Otherwise,
                    scope);
            case ForStatement loop:
                RunFor(loop, _expressions.Evaluate(loop.Items, scope), scope, depth: 0);
                break;
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            case MacroStatement macro:
                scope[macro.Macro.Name] = new MacroValue(macro.Macro, scope);
                break;
            case CallStatement call:
                Write(_renderer.Print(RunCall(call, scope)));
                break;
            case ScopeStatement block:
                return RunScope(block, scope);
            default:
                throw new InvalidOperationException($"There is no rule for {statement.GetType().Name}.");
        }

        return Flow.Next;
    }

    private void RunFor(ForStatement statement, TemplateValue items, TemplateScope scope, int depth)
    {
        var all = _renderer.Iterate(items);
        if (statement.Condition is { } condition)
        {
            all = all.Where(item =>
            {
                var turn = new TemplateScope(scope);
                Assign(statement.Target, item, turn);
                return _expressions.Evaluate(condition, turn).IsTrue;
            });
        }

        var loop = new LoopValue(all, statement.Condition is null ? Iteration.Length(items) : null, depth, statement.IsRecursive ? Again : null);
        var isEmpty = true;
        while (loop.Next() is { } item)
        {
            isEmpty = false;
            var turn = new TemplateScope(scope) { ["loop"] = loop };
            Assign(statement.Target, item, turn);
            if (RunAll(statement.Body, turn) == Flow.Break)
            {
                break;
            }
        }

        if (isEmpty)
        {
            RunAll(statement.Otherwise, new TemplateScope(scope));
        }

        TextValue Again(TemplateValue inner) => _budget.Nested(() => Capture(() => RunFor(statement, inner, scope, depth + 1)));
    }

    private TemplateValue RunCall(CallStatement statement, TemplateScope scope)
    {
        var arguments = _expressions.Arguments(statement.Call.Arguments, scope);
        var caller = new MacroValue(statement.Body, scope);
        return _renderer.Call(
            _expressions.Evaluate(statement.Call.Target, scope),
            arguments with { Named = [.. arguments.Named, KeyValuePair.Create<string, TemplateValue>("caller", caller)] });
    }

    private Flow RunScope(ScopeStatement statement, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        foreach (var (target, value) in statement.Variables)
        {
            Assign(target, _expressions.Evaluate(value, scope), inner);
        }

        return RunAll(statement.Body, inner);
    }

    private TextValue Run(MacroValue macro, CallArguments arguments) => _budget.Nested(() =>
    {
        var scope = new TemplateScope(macro.Scope);
        MacroArguments.Bind(macro.Declaration, arguments, scope, preset => _expressions.Evaluate(preset, scope));
        return Capture(() => RunAll(macro.Declaration.Body, scope));
    });

    // What the body prints, filtered; nothing where the body leaves a loop.
    private Flow Captured(IReadOnlyList<Statement> body, IReadOnlyList<AppliedOperation> filters, TemplateScope scope, Action<TemplateValue> use)
    {
        var flow = Flow.Next;
        TemplateValue text = Capture(() => flow = RunAll(body, new TemplateScope(scope)));
        if (flow == Flow.Next)
        {
            use(filters.Aggregate(text, (value, filter) => _expressions.Filter(value, filter, scope)));
        }

        return flow;
    }

    private TextValue Capture(Action run)
    {
        var outer = _output;
        _output = new TextValue.Builder();
        run();
        var text = _output.Build();
        _output = outer;
        return text;
    }

    private void Assign(AssignTarget target, TemplateValue value, TemplateScope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope[name.Name] = value;
                break;
            case NamespaceTarget member:
                var space = scope[member.Name] as NamespaceValue ?? throw new TemplateRenderException($"'{member.Name}' is no namespace");
                space.Attributes[member.Attribute] = value;
                break;
            case TupleTarget tuple:
                TemplateValue[] items = [.. _renderer.Iterate(value).Take(tuple.Items.Count + 1)];
                if (items.Length != tuple.Items.Count)
                {
                    throw new TemplateRenderException($"{tuple.Items.Count} names for another number of values");
                }

                for (var index = 0; index < items.Length; index++)
                {
                    Assign(tuple.Items[index], items[index], scope);
                }

                break;
        }
    }

    private void Write(TextValue text)
    {
        _budget.Spend(text.Text.Length);
        RenderBudget.LimitLength((long)_output.Length + text.Text.Length);
        _output.Append(text);
    }
}
