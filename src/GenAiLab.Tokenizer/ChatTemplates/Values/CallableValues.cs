using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>What a template can call: a function of ours.</summary>
/// <param name="operation">What it does.</param>
internal sealed class FunctionValue(Operation operation) : TemplateValue
{
    public Operation Operation => operation;

    public override string Kind => $"the function '{operation.Name}'";
}

/// <summary>A method of a value, taken but perhaps not called yet.</summary>
/// <param name="target">The value.</param>
/// <param name="operation">What the method does.</param>
internal sealed class MethodValue(TemplateValue target, Operation operation) : TemplateValue
{
    public TemplateValue Target => target;

    public Operation Operation => operation;

    public override string Kind => $"the method '{operation.Name}'";

    public override int Depth { get; } = DepthOf([target]);
}

/// <summary>A macro, or the body of a <c>call</c> block.</summary>
/// <param name="declaration">Its name, parameters and body.</param>
/// <param name="scope">Where it was declared: what its body sees.</param>
internal sealed class MacroValue(MacroDeclaration declaration, TemplateScope scope) : TemplateValue
{
    public MacroDeclaration Declaration => declaration;

    public TemplateScope Scope => scope;

    public override string Kind => $"the macro '{declaration.Name}'";
}

/// <summary>Nothing when it is called for the first time, and a separator from then on.</summary>
internal sealed class JoinerValue(TemplateValue separator) : TemplateValue
{
    private bool _isUsed;

    public override string Kind => "a joiner";

    public TemplateValue Next()
    {
        var next = _isUsed ? separator : TextValue.Empty;
        _isUsed = true;
        return next;
    }
}

/// <summary>Values in turn, over and over.</summary>
internal sealed class CyclerValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    private int _at;

    public TemplateValue Current => items[_at];

    public override string Kind => "a cycler";

    public TemplateValue Next()
    {
        var next = Current;
        _at = (_at + 1) % items.Count;
        return next;
    }

    public void Reset() => _at = 0;
}
