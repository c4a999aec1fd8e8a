using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>What several schemas demand together of one value, where none leads to others any more.</summary>
internal sealed class MergedSchema
{
    public MergedSchema(IReadOnlyList<SchemaNode> nodes)
    {
        Nodes = nodes;
        foreach (var node in nodes)
        {
            Types &= node.Types;
            Implied |= node.Implied;
            Raise(node.Minimum, exclusive: false);
            Raise(node.ExclusiveMinimum, exclusive: true);
            Lower(node.Maximum, exclusive: false);
            Lower(node.ExclusiveMaximum, exclusive: true);
            MinLength = Math.Max(MinLength, node.MinLength);
            MaxLength = Least(MaxLength, node.MaxLength);
            MinItems = Math.Max(MinItems, node.MinItems);
            MaxItems = Least(MaxItems, node.MaxItems);
        }
    }

    /// <summary>The schemas, each of which demands something.</summary>
    public IReadOnlyList<SchemaNode> Nodes { get; }

    public JsonTypes Types { get; } = JsonTypes.All;

    /// <summary>The types that the keywords speak of.</summary>
    public JsonTypes Implied { get; }

    public (ExactDecimal Value, bool Exclusive)? Minimum { get; private set; }

    public (ExactDecimal Value, bool Exclusive)? Maximum { get; private set; }

    public IEnumerable<ExactDecimal> MultiplesOf => Nodes.Where(static node => node.MultipleOf is not null).Select(static node => node.MultipleOf!.Value).Distinct();

    public int MinLength { get; }

    public int? MaxLength { get; }

    public int MinItems { get; }

    public int? MaxItems { get; }

    /// <summary>Where it is, for messages.</summary>
    public string Pointer => Nodes.Count == 0 ? "#" : SchemaDocument.Shorten(Nodes[0].Pointer);

    /// <summary>The values that are listed; null: none are.</summary>
    public IReadOnlyList<JsonElement>? Listed =>
        Nodes.Select(static node => node.Const is { } only ? [only] : node.Enum).FirstOrDefault(static list => list is not null);

    /// <summary>Names of properties in order, and whether each is required.</summary>
    public IEnumerable<(string Name, bool IsRequired)> Properties()
    {
        var required = Nodes.SelectMany(static node => node.Required).ToHashSet(StringComparer.Ordinal);
        return Nodes.SelectMany(static node => node.Properties?.Keys ?? []).Concat(Nodes.SelectMany(static node => node.Required))
            .Distinct(StringComparer.Ordinal).Select(name => (name, required.Contains(name)));
    }

    /// <summary>The schemas that the value of a property must satisfy.</summary>
    public IEnumerable<SchemaNode> Property(string name)
    {
        foreach (var node in Nodes)
        {
            if (node.Properties is not null && node.Properties.TryGetValue(name, out var element))
            {
                yield return node.Child("properties", name, element);
            }
            else if (node.AdditionalProperties is { } additional)
            {
                yield return node.Child("additionalProperties", additional);
            }
        }
    }

    /// <summary>The schemas of properties that none of them names; null: none are generated.</summary>
    public IEnumerable<SchemaNode>? AdditionalProperties()
    {
        // Unset beside properties means none here: a text without them satisfies the schema as well.
        var said = Nodes.Where(static node => node.AdditionalProperties is not null).ToList();
        return said.Count == 0 && Nodes.Any(static node => node.Properties is not null)
            ? null
            : said.Select(static node => node.Child("additionalProperties", node.AdditionalProperties!.Value));
    }

    /// <summary>Items that are described one by one.</summary>
    public int PrefixLength => Nodes.Max(static node => (int?)node.PrefixItems?.Count) ?? 0;

    /// <summary>The schemas of an item.</summary>
    public IEnumerable<SchemaNode> Item(int at)
    {
        foreach (var node in Nodes)
        {
            if (at < node.PrefixItems?.Count)
            {
                yield return node.Child("prefixItems", $"{at}", node.PrefixItems[at]);
            }
            else if (node.Items is { } items)
            {
                yield return node.Child("items", items);
            }
        }
    }

    /// <summary>The largest number of items that is generated; null: any.</summary>
    public int? Items()
    {
        // As with properties: unset beside prefixItems means no more than these, unless more are demanded.
        var closed = PrefixLength > 0 && Nodes.All(static node => node.Items is null);
        return closed ? Math.Min(MaxItems ?? int.MaxValue, Math.Max(PrefixLength, MinItems)) : MaxItems;
    }

    private static int? Least(int? left, int? right) => left is null || right < left ? right : left;

    private void Raise(ExactDecimal? value, bool exclusive)
    {
        if (value is { } bound && (Minimum is not { } known || bound > known.Value || (bound == known.Value && exclusive)))
        {
            Minimum = (bound, exclusive);
        }
    }

    private void Lower(ExactDecimal? value, bool exclusive)
    {
        if (value is { } bound && (Maximum is not { } known || bound < known.Value || (bound == known.Value && exclusive)))
        {
            Maximum = (bound, exclusive);
        }
    }
}
