namespace GenAiLab.Constraints;

/// <summary>What a text must look like. Equal sources are the same constraint.</summary>
public abstract record ConstraintSource
{
    private ConstraintSource()
    {
    }

    /// <summary>JSON that satisfies a schema.</summary>
    /// <param name="Text">JSON Schema, draft 2020-12, the part that docs/constraints.md lists.</param>
    public sealed record JsonSchema(string Text) : ConstraintSource;

    /// <summary>A text that an expression matches from its first to its last character.</summary>
    /// <param name="Pattern">The part of ECMA-262 that docs/constraints.md lists.</param>
    public sealed record Regex(string Pattern) : ConstraintSource;

    /// <summary>One of several texts.</summary>
    /// <param name="Texts">1 to 1,024, each of 1 to 4,096 bytes of UTF-8, none twice.</param>
    public sealed record Choices(IReadOnlyList<string> Texts) : ConstraintSource
    {
        /// <inheritdoc/>
        public bool Equals(Choices? other) => other is not null && Texts.SequenceEqual(other.Texts, StringComparer.Ordinal);

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var text in Texts)
            {
                hash.Add(text, StringComparer.Ordinal);
            }

            return hash.ToHashCode();
        }
    }

    /// <summary>Any JSON object.</summary>
    public sealed record JsonObject : ConstraintSource;
}
