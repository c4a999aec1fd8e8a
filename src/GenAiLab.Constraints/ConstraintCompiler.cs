using System.Text;
using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;
using GenAiLab.Constraints.Grammars;
using GenAiLab.Constraints.Schemas;

namespace GenAiLab.Constraints;

/// <summary>Compiles constraints to automata over the tokens of a vocabulary: a pure function within limits.</summary>
public static class ConstraintCompiler
{
    private const string AnyObject = """{"type":"object"}""";
    private const int MaximumChoices = 1024;
    private const int MaximumChoiceBytes = 4096;

    /// <param name="source">What the text must look like.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="cancellation">Ends compilation.</param>
    /// <exception cref="ConstraintException">It cannot be satisfied, uses what is not supported, or exceeds the limits.</exception>
    public static TokenConstraint Compile(
        ConstraintSource source, ConstraintVocabulary vocabulary, ConstraintLimits limits, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(limits);
        cancellation.ThrowIfCancellationRequested();
        CheckSize(source, limits);
        var budget = new CompilationBudget(limits, cancellation);
        var (grammar, whyNone) = source switch
        {
            ConstraintSource.JsonSchema schema => SchemaGrammar.Of(schema.Text, budget),
            ConstraintSource.JsonObject => SchemaGrammar.Of(AnyObject, budget),
            ConstraintSource.Regex regex => (OfRegex(regex.Pattern, budget), static () => "the expression matches no text"),
            ConstraintSource.Choices choices => (OfChoices(choices.Texts, budget), static () => ""),
            _ => throw new ArgumentException("unknown kind of constraint", nameof(source)),
        };
        var compiled = CompiledGrammar.Of(grammar, vocabulary, budget, whyNone);
        return new TokenConstraint(
            new TokenAutomaton(compiled, vocabulary, limits.CacheBytes), grammar.Bytes + (16L * grammar.Count) + limits.CacheBytes);
    }

    private static void CheckSize(ConstraintSource source, ConstraintLimits limits)
    {
        var bytes = source switch
        {
            ConstraintSource.JsonSchema schema => Encoding.UTF8.GetByteCount(schema.Text),
            ConstraintSource.Regex regex => Encoding.UTF8.GetByteCount(regex.Pattern),
            ConstraintSource.Choices choices => choices.Texts.Sum(static text => (long)Encoding.UTF8.GetByteCount(text)),
            _ => 0L,
        };
        if (bytes > limits.SourceBytes)
        {
            throw new ConstraintException($"the constraint has {bytes:N0} bytes; at most {limits.SourceBytes:N0} are allowed");
        }
    }

    private static Grammar OfRegex(string pattern, CompilationBudget budget)
    {
        var builder = new GrammarBuilder(budget);
        var root = builder.NewRule();
        builder.Read(root.Start, RegexCompiler.Compile(pattern, TextEncoding.Plain, budget), root.End);
        return builder.Build(root);
    }

    private static Grammar OfChoices(IReadOnlyList<string> texts, CompilationBudget budget)
    {
        if (texts.Count is 0 or > MaximumChoices)
        {
            throw new ConstraintException($"there are {texts.Count:N0} choices; 1 to {MaximumChoices:N0} are allowed");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var spelled = new List<byte[]>();
        for (var at = 0; at < texts.Count; at++)
        {
            if (texts[at].Length == 0 || Encoding.UTF8.GetByteCount(texts[at]) > MaximumChoiceBytes)
            {
                throw new ConstraintException($"choice {at} has not 1 to {MaximumChoiceBytes:N0} bytes");
            }

            if (!seen.Add(texts[at]))
            {
                throw new ConstraintException($"choice {at} is there twice");
            }

            spelled.Add(Encoding.UTF8.GetBytes(texts[at]));
        }

        var builder = new GrammarBuilder(budget);
        var root = builder.NewRule();
        builder.ReadAny(root.Start, spelled, root.End);
        return builder.Build(root);
    }
}
