using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>A value of a template's expression. What <c>if</c> and messages make of it; what can be done with it is in Rendering.</summary>
internal abstract class TemplateValue
{
    /// <summary>The deepest nesting of lists and mappings: what walks through values recurses.</summary>
    public const int MaximumDepth = 128;

    /// <summary>Whether <c>if</c> takes it for true, by Python's rule: what is empty, zero or absent is false.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What messages call it.</summary>
    public abstract string Kind { get; }

    /// <summary>Levels of values within it and with it.</summary>
    public virtual int Depth => 1;

    /// <exception cref="TemplateRenderException">A value of these would be nested too deeply.</exception>
    protected static int DepthOf(IEnumerable<TemplateValue> parts)
    {
        var depth = 1;
        foreach (var part in parts)
        {
            depth = Math.Max(depth, part.Depth + 1);
        }

        return depth <= MaximumDepth ? depth : throw new TemplateRenderException($"values nested more than {MaximumDepth} levels deep");
    }
}

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    private NoneValue()
    {
    }

    public override bool IsTrue => false;

    public override string Kind => "none";
}

/// <summary>What a name or key stands for that nothing was assigned to: false and empty, and a fault where a value is needed.</summary>
internal sealed class UndefinedValue(string fault) : TemplateValue
{
    public override bool IsTrue => false;

    public override string Kind => "what is undefined";

    /// <summary>A name without a value.</summary>
    public static UndefinedValue Named(string name) => new($"'{name}' is undefined");

    /// <summary>What using it says.</summary>
    public TemplateRenderException Fault() => new(fault);
}

/// <summary>An object whose attributes a template sets: <c>namespace(found=false)</c>.</summary>
internal sealed class NamespaceValue(Dictionary<string, TemplateValue> attributes) : TemplateValue
{
    public Dictionary<string, TemplateValue> Attributes => attributes;

    public override string Kind => "a namespace";
}
