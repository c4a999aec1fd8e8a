namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>Runs a template's statements, once.</summary>
internal sealed class TemplateEvaluator(RenderBudget budget)
{
    private readonly ExpressionEvaluator _expressions = new(budget);
    private readonly TextValue.Builder _output = new();
    private long _written;

    /// <exception cref="TemplateRenderException">The template refuses the messages, or cannot go on.</exception>
    public TextValue Run(IReadOnlyList<Statement> statements, TemplateScope scope)
    {
        RunAll(statements, scope);
        return RenderBudget.Limit(_output.Build());
    }

    private void RunAll(IReadOnlyList<Statement> statements, TemplateScope scope)
    {
        foreach (var statement in statements)
        {
            budget.Spend();
            switch (statement)
            {
                case TextStatement text:
                    Write(text.Text);
                    break;
                case OutputStatement output:
                    Write(ExpressionEvaluator.ToText(_expressions.Evaluate(output.Value, scope)));
                    break;
                case SetStatement set:
                    scope[set.Name] = _expressions.Evaluate(set.Value, scope);
                    break;
                case IfStatement branch:
                    RunIf(branch, scope);
                    break;
                case ForStatement loop:
                    RunFor(loop, scope);
                    break;
            }
        }
    }

    private void RunIf(IfStatement statement, TemplateScope scope)
    {
        foreach (var (condition, body) in statement.Branches)
        {
            if (_expressions.Evaluate(condition, scope).IsTrue)
            {
                RunAll(body, scope);
                return;
            }
        }

        RunAll(statement.Otherwise, scope);
    }

    private void RunFor(ForStatement statement, TemplateScope scope)
    {
        var items = _expressions.Evaluate(statement.Items, scope) switch
        {
            ListValue list => list.Items,
            UndefinedValue => [],
            var other => throw new TemplateRenderException($"{other.Kind} cannot be looped over"),
        };
        for (var index = 0; index < items.Count; index++)
        {
            budget.Spend();
            var turn = new TemplateScope(scope)
            {
                [statement.Name] = items[index],
                ["loop"] = new MapValue(new Dictionary<string, TemplateValue>
                {
                    ["index"] = new NumberValue(index + 1),
                    ["index0"] = new NumberValue(index),
                    ["first"] = new TruthValue(index == 0),
                    ["last"] = new TruthValue(index == items.Count - 1),
                }),
            };
            RunAll(statement.Body, turn);
        }
    }

    private void Write(TextValue text)
    {
        budget.Spend(text.Text.Length);
        RenderBudget.LimitLength(_written += text.Text.Length);
        _output.Append(text);
    }
}
