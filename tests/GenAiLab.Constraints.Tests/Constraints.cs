using System.Text;

namespace GenAiLab.Constraints.Tests;

/// <summary>Short ways to compile and to ask.</summary>
internal static class Constraints
{
    // A busy machine must not fail a test of something else.
    private static readonly ConstraintLimits Patient = new() { Time = TimeSpan.FromMinutes(1) };

    public static TokenConstraint Compile(ConstraintSource source, ConstraintVocabulary? vocabulary = null, ConstraintLimits? limits = null) =>
        ConstraintCompiler.Compile(source, vocabulary ?? TestVocabulary.Bytes, limits ?? Patient, TestContext.Current.CancellationToken);

    public static TokenConstraint Regex(string pattern, ConstraintVocabulary? vocabulary = null) => Compile(new ConstraintSource.Regex(pattern), vocabulary);

    public static TokenConstraint Choices(params string[] texts) => Compile(new ConstraintSource.Choices(texts));

    public static TokenConstraint Schema(string text, ConstraintVocabulary? vocabulary = null) => Compile(new ConstraintSource.JsonSchema(text), vocabulary);

    public static string Refusal(ConstraintSource source, ConstraintLimits? limits = null) =>
        Assert.Throws<ConstraintException>(() => Compile(source, limits: limits)).Message;

    /// <summary>Where a text stands, byte by byte; null: it left the constraint.</summary>
    public static ConstraintState? After(this TokenConstraint constraint, ReadOnlySpan<byte> text)
    {
        var state = constraint.Start;
        foreach (var value in text)
        {
            state = state.Next(value);
            if (state is null || state.TokensToEnd == int.MaxValue)
            {
                return null;
            }
        }

        return state;
    }

    public static ConstraintState? After(this TokenConstraint constraint, string text) => constraint.After(Encoding.UTF8.GetBytes(text));

    /// <summary>Whether a text is one of the constraint's.</summary>
    public static bool Accepts(this TokenConstraint constraint, string text) => constraint.After(text)?.IsSatisfied ?? false;
}
