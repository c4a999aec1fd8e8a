using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The arguments that an operation takes.</summary>
internal sealed class Signature
{
    /// <summary>None.</summary>
    public static readonly Signature None = new();

    /// <summary>Any, of any name: the operation looks at them itself.</summary>
    public static readonly Signature Any = new() { _takesAny = true };

    private readonly string[] _names;
    private readonly bool[] _mayBeAbsent;
    private bool _takesAny;

    /// <param name="parameters">Their names in order; those with a question mark may be absent.</param>
    public Signature(params string[] parameters)
    {
        _names = [.. parameters.Select(static parameter => parameter.TrimEnd('?'))];
        _mayBeAbsent = [.. parameters.Select(static parameter => parameter.EndsWith('?'))];
    }

    public string NameOf(int index) => _names[index];

    /// <summary>What is wrong with arguments as they are written; null: nothing, as far as it can be seen.</summary>
    public string? Complaint(ArgumentList arguments)
    {
        if (_takesAny)
        {
            return null;
        }

        return arguments.Positional.Count > _names.Length ? $"with {arguments.Positional.Count} arguments"
            : arguments.Named.Select(static named => named.Name).FirstOrDefault(name => Array.IndexOf(_names, name) < arguments.Positional.Count) is { } name ? $"with the argument '{name}'"
            : null;
    }

    /// <exception cref="TemplateRenderException">There are too many, too few, or some of other names.</exception>
    public BoundArguments Bind(string operation, CallArguments arguments)
    {
        if (_takesAny)
        {
            return new BoundArguments(operation, this, [], arguments);
        }

        if (arguments.Positional.Count > _names.Length)
        {
            throw new TemplateRenderException($"'{operation}' takes at most {_names.Length} arguments");
        }

        var values = new TemplateValue?[_names.Length];
        for (var index = 0; index < arguments.Positional.Count; index++)
        {
            values[index] = arguments.Positional[index];
        }

        foreach (var (name, value) in arguments.Named)
        {
            var index = Array.IndexOf(_names, name);
            values[index >= 0 && values[index] is null ? index : throw new TemplateRenderException($"'{operation}' takes no argument '{name}', or has it")] = value;
        }

        for (var index = 0; index < values.Length; index++)
        {
            if (values[index] is null && !_mayBeAbsent[index])
            {
                throw new TemplateRenderException($"'{operation}' needs the argument '{_names[index]}'");
            }
        }

        return new BoundArguments(operation, this, values, arguments);
    }
}

/// <summary>Arguments, each in its parameter's place.</summary>
/// <param name="operation">Of what.</param>
/// <param name="signature">Its parameters.</param>
/// <param name="values">Null: absent.</param>
/// <param name="all">As they were given.</param>
internal readonly struct BoundArguments(string operation, Signature signature, TemplateValue?[] values, CallArguments all)
{
    /// <summary>All of them, where the signature takes any.</summary>
    public CallArguments All => all;

    public TemplateValue? this[int index] => values[index];

    /// <summary>Whether it is given, and not none.</summary>
    public bool Has(int index) => values[index] is not (null or NoneValue);

    public bool IsTrue(int index) => values[index]?.IsTrue ?? false;

    /// <exception cref="TemplateRenderException">It is no text.</exception>
    public TextValue Text(int index) => values[index] as TextValue ?? throw Unfit(index, "a text");

    /// <exception cref="TemplateRenderException">It is no integer, or so large that nothing is that long.</exception>
    public int Integer(int index, int absent = 0) => values[index] is not { } value ? absent
        : Numbers.Integer(value) is not { } number ? throw Unfit(index, "an integer")
        : (int)System.Numerics.BigInteger.Max(int.MinValue / 2, System.Numerics.BigInteger.Min(int.MaxValue / 2, number));

    private TemplateRenderException Unfit(int index, string expected) =>
        new($"'{operation}' takes {expected} as '{signature.NameOf(index)}', not {values[index]?.Kind ?? "nothing"}");
}
