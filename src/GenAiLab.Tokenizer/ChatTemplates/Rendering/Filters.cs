using System.Collections.Frozen;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>What stands after a bar.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Operation> All =
        TextFilters.All.Concat(NumberFilters.All).Concat(SequenceFilters.All).Concat(SelectionFilters.All).Concat(ValueFilters.All)
            .ToFrozenDictionary(static filter => filter.Name);

    /// <summary>Null: there is none of this name.</summary>
    public static Operation? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>What map, select and their like are to apply, where the template says it by a literal that names nothing.</summary>
    /// <returns>What kind of operation, and its name. Both null: all is well as far as it can be seen.</returns>
    public static (string? Kind, string? Name) Applied(string filter, ArgumentList arguments)
    {
        var (kind, at) = filter switch
        {
            "map" => ("filter", 0),
            "select" or "reject" => ("test", 0),
            "selectattr" or "rejectattr" => ("test", 1),
            _ => ("", int.MaxValue),
        };
        return arguments.Positional.ElementAtOrDefault(at) is not LiteralExpression { Value: TextValue { Text: var name } } ? (null, null)
            : (kind == "filter" ? Find(name) : Tests.Find(name)) is null ? (kind, name)
            : (null, null);
    }
}
