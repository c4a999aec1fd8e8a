using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Follows $ref, allOf, anyOf and oneOf of the same value until only alternatives are left, each a set of
/// schemas that demand something themselves.
/// </summary>
/// <param name="document">The schemas.</param>
/// <param name="budget">Limits.</param>
/// <param name="checkOneOf">Refuses a oneOf whose branches are not told apart.</param>
/// <param name="explain">Is told of what accepts nothing.</param>
internal sealed class SchemaExpansion(SchemaDocument document, CompilationBudget budget, Action<SchemaNode> checkOneOf, Action<SchemaNode, string> explain)
{
    private const int MaximumAlternatives = 1000;
    private const int MaximumDepth = 128;

    /// <summary>Alternatives of a conjunction.</summary>
    /// <param name="demands">Numbers of schemas; the complement of a number: only what that schema says itself.</param>
    /// <returns>Sets of numbers of schemas, in order, of which only what they say themselves counts.</returns>
    public List<int[]> Alternatives(IEnumerable<int> demands) => All(demands.Select(id => id < 0 ? [[~id]] : Of(document.Node(id), [])));

    private List<int[]> Of(SchemaNode node, HashSet<int> path)
    {
        budget.Step();
        if (path.Count >= MaximumDepth)
        {
            throw node.Refuse($"more than {MaximumDepth} schemas lead to each other for one value");
        }

        if (node.AcceptsNothing)
        {
            explain(node, "the schema false accepts nothing");
            return [];
        }

        // What refers to itself without an object or array between has no value that is not in another branch too.
        if (!path.Add(node.Id))
        {
            explain(node, "it refers to itself without end");
            return [];
        }

        var parts = new List<List<int[]>> { node.IsPlain ? [[node.Id]] : [[]] };
        if (node.Reference is { } reference)
        {
            parts.Add(Of(document.Resolve(reference, node.Pointer), path));
        }

        parts.AddRange(node.Children("allOf", node.AllOf).Select(child => Of(child, path)));
        if (node.AnyOf is { } any)
        {
            parts.Add(Union(node, node.Children("anyOf", any).Select(child => Of(child, path))));
        }

        if (node.OneOf is { } one)
        {
            checkOneOf(node);
            parts.Add(Union(node, node.Children("oneOf", one).Select(child => Of(child, path))));
        }

        path.Remove(node.Id);
        return All(parts);
    }

    private static List<int[]> Union(SchemaNode node, IEnumerable<List<int[]>> branches)
    {
        var union = new List<int[]>();
        foreach (var branch in branches)
        {
            union.AddRange(branch);
            if (union.Count > MaximumAlternatives)
            {
                throw TooMany(node.Pointer);
            }
        }

        return union;
    }

    private List<int[]> All(IEnumerable<List<int[]>> parts)
    {
        List<int[]> product = [[]];
        foreach (var part in parts)
        {
            if ((long)product.Count * part.Count > MaximumAlternatives)
            {
                throw TooMany("#");
            }

            var next = new Dictionary<string, int[]>();
            foreach (var left in product)
            {
                foreach (var right in part)
                {
                    budget.Step();
                    int[] both = [.. left.Union(right).Order()];
                    next.TryAdd(string.Join(',', both), both);
                }
            }

            product = [.. next.Values];
        }

        return product;
    }

    private static ConstraintException TooMany(string pointer) =>
        new($"the schema at {SchemaDocument.Shorten(pointer)}: anyOf, oneOf and allOf multiply to more than {MaximumAlternatives:N0} alternatives");
}
