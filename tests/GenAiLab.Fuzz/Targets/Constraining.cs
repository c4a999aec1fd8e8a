using System.Text;
using GenAiLab.Constraints;

namespace GenAiLab.Fuzz.Targets;

/// <summary>What callers want a text to look like.</summary>
internal static class Constraining
{
    private const int Tokens = 257;
    private const int StepsAtMost = 64;

    // A token for each byte, and one that ends the text.
    private static readonly ConstraintVocabulary Vocabulary = new(
        [.. Enumerable.Range(0, Tokens).Select(static id => (ReadOnlyMemory<byte>)(id < Tokens - 1 ? new[] { (byte)id } : []))], [Tokens - 1], [Tokens - 1]);

    // A tenth of what the services allow, so that a fuzzer gets on.
    private static readonly ConstraintLimits Limits = new() { Time = TimeSpan.FromSeconds(0.2), States = 10_000, CompilationBytes = 32L << 20, CacheBytes = 1L << 20 };

    public static bool JsonSchema(byte[] text) => Try(new ConstraintSource.JsonSchema(Encoding.UTF8.GetString(text)));

    public static bool Regex(byte[] text) => Try(new ConstraintSource.Regex(Encoding.UTF8.GetString(text)));

    // Follows the first allowed token for a while.
    private static bool Try(ConstraintSource source)
    {
        try
        {
            var constraint = ConstraintCompiler.Compile(source, Vocabulary, Limits);
            var state = constraint.Start;
            for (var step = 0; step < StepsAtMost && FirstAllowed(state) is { } token && token < Tokens - 1; step++)
            {
                state = state.Advance(token);
            }

            return true;
        }
        catch (ConstraintException refusal)
        {
            Refusal.Check(refusal.Message);
            return false;
        }
    }

    private static int? FirstAllowed(ConstraintState state)
    {
        var mask = state.Allowed(StepsAtMost).Span;
        for (var token = 0; token < Tokens; token++)
        {
            if ((mask[token / 8] >> (token % 8) & 1) != 0)
            {
                return token;
            }
        }

        return null;
    }
}
