using System.Text;
using CsCheck;

namespace GenAiLab.Fuzz.Tests;

/// <summary>
/// Sound inputs with some edits: bytes, ranges, words of other inputs, numbers at the ends of their types. An input that breaks the rule
/// is made smaller before it is shown, and the seed that is printed with it (CsCheck_Seed) makes it again.
/// </summary>
public sealed class EditedInputTests(ITestOutputHelper output)
{
    // Unless CsCheck_Iter says otherwise: then inputs are others each time.
    private const int Times = 2_000;
    private const string Seed = "0000KOIPLJ3s";
    private const int AsTheEnvironmentSays = -1;

    private static readonly string[] Numbers =
    [
        "-1", "0", "0.0", "1e999", "-1e-999", "NaN", "127", "128", "32768", "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "123456789012345678901234567890", "0.1e1", "null", "true", "[]", "{}", "\"\"", "\\u0000", "\\ud800",
    ];

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_is_edited_is_taken_or_refused_in_words(string target)
    {
        var seeds = Seeds.All()[target];
        var (taken, refused) = (0, 0);
        var isLong = Environment.GetEnvironmentVariable("CsCheck_Iter") is not null;
        Inputs(seeds, [.. Seeds.Words(seeds), .. Numbers]).Sample(
            input =>
            {
                if (TargetRun.Try(target, input, Convert.ToBase64String(input)))
                {
                    Interlocked.Increment(ref taken);
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            },
            seed: isLong ? null : Seed,
            iter: isLong ? AsTheEnvironmentSays : Times,
            print: static input => $"{Encoding.Latin1.GetString(input)}\nas base64: {Convert.ToBase64String(input)}");
        output.WriteLine($"{target}: {taken} taken, {refused} refused");
        // Else what is behind the first check was not tried.
        Assert.True(taken > 0, "every input was refused");
        Assert.True(refused > 0, "every input was taken");
    }

    private static Gen<byte[]> Inputs(byte[][] seeds, string[] words)
    {
        var bytes = Gen.OneOf(
            Gen.Byte.Array[1, 4],
            Gen.OneOf(words).Select(Encoding.Latin1.GetBytes),
            Gen.OneOf(seeds).SelectMany(static seed => Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Int[1, 64], (at, length) => seed[at..Math.Min(seed.Length, at + length)])));
        var edit = Gen.Select(Gen.Double.Unit, Gen.OneOf(Gen.Const(0), Gen.Int[0, 4], Gen.Int[0, 64]), Gen.OneOf(Gen.Const(Array.Empty<byte>()), bytes));
        return Gen.Select(Gen.OneOf(seeds), edit.Array[1, 4], static (seed, edits) => edits.Aggregate(seed, static (input, edit) => Edit(input, edit)));
    }

    // Some bytes, from a place on, become others.
    private static byte[] Edit(byte[] input, (double Place, int Length, byte[] Bytes) edit)
    {
        var at = (int)(edit.Place * input.Length);
        var end = Math.Min(input.Length, at + edit.Length);
        return [.. input.AsSpan(0, at), .. edit.Bytes, .. input.AsSpan(end)];
    }
}
