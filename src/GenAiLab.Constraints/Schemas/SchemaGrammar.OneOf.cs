using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints.Schemas;

/// <summary>Whether the branches of oneOf exclude each other, so that it can be generated like anyOf.</summary>
internal sealed partial class SchemaGrammar
{
    private void CheckOneOf(SchemaNode node)
    {
        if (_onlyTellsApart || !_checked.Add(node.Id))
        {
            return;
        }

        var branches = node.Children("oneOf", node.OneOf!).ToArray();
        for (var right = 1; right < branches.Length; right++)
        {
            for (var left = 0; left < right; left++)
            {
                // No value satisfies both branches and what the schema itself says.
                var isTyped = ImpliesTypes(node) || (ImpliesTypes(branches[left]) && ImpliesTypes(branches[right]));
                var both = new SchemaGrammar(_document, _budget, onlyTellsApart: true, isTyped);
                int[] pair = [branches[left].Id, branches[right].Id];
                int[] demands = node.IsPlain ? [~node.Id, .. pair] : pair;
                var grammar = both.Build(demands);
                if (ShortestCompletions.Of(grammar, static _ => true).Length[grammar.Start] != ShortestCompletions.None)
                {
                    throw node.Refuse(
                        $"branches {left} and {right} of oneOf may both hold for one value; use anyOf, or tell them apart by type or by a const of a required property");
                }
            }
        }
    }

    // Whether all that is generated for a schema is of types that its keywords speak of.
    private bool ImpliesTypes(SchemaNode node)
    {
        for (var steps = 0; steps < 16; steps++)
        {
            if (node.Implied != JsonTypes.None)
            {
                return true;
            }

            if (node.Reference is null)
            {
                return false;
            }

            node = _document.Resolve(node.Reference, node.Pointer);
        }

        return false;
    }
}
