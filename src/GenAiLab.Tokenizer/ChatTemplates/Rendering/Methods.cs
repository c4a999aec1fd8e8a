using System.Collections.Frozen;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The methods of Python's types that templates can call, by type and name.</summary>
internal static class Methods
{
    private static readonly FrozenDictionary<string, Operation> OfTexts = Table(TextMethods.All);
    private static readonly FrozenDictionary<string, Operation> OfMappings = Table(CollectionMethods.OfMappings);
    private static readonly FrozenDictionary<string, Operation> OfSequences = Table(CollectionMethods.OfSequences);
    private static readonly FrozenDictionary<string, Operation> OfLoops = Table(CollectionMethods.OfLoops);
    private static readonly FrozenDictionary<string, Operation> OfCyclers = Table(CollectionMethods.OfCyclers);

    // What Python has besides: refused when a template is read.
    private static readonly FrozenSet<string> Unsupported = FrozenSet.Create(
        "encode", "decode", "translate", "maketrans", "format_map", "expandtabs", "swapcase", "isidentifier", "isprintable", "fromkeys",
        "bit_length", "bit_count", "to_bytes", "from_bytes", "as_integer_ratio", "is_integer", "conjugate", "hex", "fromhex");

    // What changes its target: the sandbox takes these for undefined.
    private static readonly FrozenSet<string> ChangeLists = FrozenSet.Create("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static readonly FrozenSet<string> ChangeMappings = FrozenSet.Create("clear", "pop", "popitem", "setdefault", "update");

    public static bool IsUnsupported(string name) => Unsupported.Contains(name);

    /// <summary>Whether the sandbox refuses a method because it changes its target.</summary>
    public static bool IsRefused(TemplateValue target, string name) =>
        (target is ListValue && ChangeLists.Contains(name)) || (target is MapValue && ChangeMappings.Contains(name));

    /// <summary>Null: the target has no such method.</summary>
    public static Operation? Find(TemplateValue target, string name) => target switch
    {
        TextValue => OfTexts,
        MapValue => OfMappings,
        ListValue or TupleValue => OfSequences,
        LoopValue => OfLoops,
        CyclerValue => OfCyclers,
        _ => FrozenDictionary<string, Operation>.Empty,
    } is { } methods && methods.TryGetValue(name, out var method) && !(target is TupleValue && name == "copy") ? method : null;

    private static FrozenDictionary<string, Operation> Table(IEnumerable<Operation> methods) => methods.ToFrozenDictionary(static method => method.Name);
}
