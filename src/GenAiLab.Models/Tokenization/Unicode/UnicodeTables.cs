using System.Collections.Frozen;
using System.IO.Compression;
using System.Text;

namespace GenAiLab.Models.Tokenization.Unicode;

/// <summary>
/// Decompositions, combining classes, compositions (Unicode 9.0, as the reference has them) and scripts (the same),
/// read once from the resource that generate-tables.mjs writes.
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Shared = new(static () => new UnicodeTables());

    private UnicodeTables()
    {
        using var packed = typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode-tables.br")!;
        using var plain = new MemoryStream();
        using (var stream = new BrotliStream(packed, CompressionMode.Decompress))
        {
            stream.CopyTo(plain);
        }

        var (bytes, at) = (plain.GetBuffer(), 0);
        Canonical = ReadDecompositions();
        Compatible = ReadDecompositions();
        CombiningClasses = ReadClasses();
        Compositions = Enumerable.Range(0, Number()).Select(_ => (Pair: (First: Number(), Second: Number()), Composed: Number()))
            .ToFrozenDictionary(static entry => entry.Pair, static entry => entry.Composed);
        Scripts = Enumerable.Range(0, Number()).Select(_ => ReadScript()).ToFrozenDictionary(static script => script.Name, static script => script.Ranges, StringComparer.Ordinal);

        int Number()
        {
            var value = 0;
            for (var shift = 0; ; shift += 7)
            {
                value |= (bytes[at] & 0x7F) << shift;
                if (bytes[at++] < 0x80)
                {
                    return value;
                }
            }
        }

        FrozenDictionary<int, int[]> ReadDecompositions()
        {
            var entries = new Dictionary<int, int[]>();
            for (int left = Number(), point = 0; left > 0; left--)
            {
                point += Number();
                var parts = new int[Number()];
                for (var part = 0; part < parts.Length; part++)
                {
                    parts[part] = Number();
                }

                entries.Add(point, parts);
            }

            return entries.ToFrozenDictionary();
        }

        FrozenDictionary<int, byte> ReadClasses()
        {
            var entries = new Dictionary<int, byte>();
            for (int left = Number(), point = 0; left > 0; left--)
            {
                point += Number();
                entries.Add(point, (byte)Number());
            }

            return entries.ToFrozenDictionary();
        }

        (string Name, (int First, int Last)[] Ranges) ReadScript()
        {
            var length = Number();
            var name = Encoding.ASCII.GetString(bytes, at, length);
            at += length;
            var ranges = new (int First, int Last)[Number()];
            for (int range = 0, end = 0; range < ranges.Length; range++)
            {
                var first = end + Number();
                end = first + Number();
                ranges[range] = (first, end);
            }

            return (name, ranges);
        }
    }

    public static UnicodeTables Instance => Shared.Value;

    /// <summary>Full canonical decompositions, Hangul syllables excepted.</summary>
    public FrozenDictionary<int, int[]> Canonical { get; }

    /// <summary>Full compatible decompositions, where they differ from the canonical ones.</summary>
    public FrozenDictionary<int, int[]> Compatible { get; }

    /// <summary>Rank of each mark's combining class, from 1; what is missing has class 0.</summary>
    public FrozenDictionary<int, byte> CombiningClasses { get; }

    /// <summary>What two code points compose to, Hangul excepted.</summary>
    public FrozenDictionary<(int First, int Second), int> Compositions { get; }

    /// <summary>The ranges of each script, in order, by its name in Unicode (<c>Old_Turkic</c>).</summary>
    public FrozenDictionary<string, (int First, int Last)[]> Scripts { get; }
}
