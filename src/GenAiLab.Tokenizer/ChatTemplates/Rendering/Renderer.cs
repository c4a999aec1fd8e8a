using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>One rendering: what it may cost, what time it is, and how what it calls is called.</summary>
internal sealed class Renderer(RenderBudget budget, TimeProvider clock)
{
    public RenderBudget Budget => budget;

    public TimeProvider Clock => clock;

    /// <summary>What runs a macro: the evaluator of statements, which needs this rendering itself.</summary>
    public Func<MacroValue, CallArguments, TextValue> RunMacro { get; init; } = static (_, _) => throw new InvalidOperationException("There is nothing to run macros.");

    /// <summary>Calls a value.</summary>
    /// <exception cref="TemplateRenderException">It cannot be called, or not so.</exception>
    public TemplateValue Call(TemplateValue callee, CallArguments arguments)
    {
        budget.Spend();
        return callee switch
        {
            FunctionValue function => function.Operation.Run(NoneValue.Instance, arguments, this),
            MethodValue method => method.Operation.Run(method.Target, arguments, this),
            MacroValue macro => RunMacro(macro, arguments),
            JoinerValue joiner when arguments.Positional.Count == 0 => joiner.Next(),
            LoopValue loop when arguments.Positional.Count == 1 => loop.Again(arguments.Positional[0]),
            UndefinedValue undefined => throw undefined.Fault(),
            _ => throw new TemplateRenderException($"{callee.Kind} cannot be called so"),
        };
    }

    /// <summary>The items of what can be looped over, each paid for.</summary>
    /// <exception cref="TemplateRenderException">It cannot.</exception>
    public IEnumerable<TemplateValue> Iterate(TemplateValue value)
    {
        return Iteration.Items(value) is { } items ? Paid(items) : throw new TemplateRenderException($"{value.Kind} cannot be looped over");

        IEnumerable<TemplateValue> Paid(IEnumerable<TemplateValue> items)
        {
            foreach (var item in items)
            {
                budget.Spend();
                yield return item;
            }
        }
    }

    /// <summary>The value as a text.</summary>
    public TextValue Print(TemplateValue value) => new ValuePrinter(budget).Print(value);
}
