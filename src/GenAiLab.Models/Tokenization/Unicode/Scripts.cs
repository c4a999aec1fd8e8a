using System.Globalization;

namespace GenAiLab.Models.Tokenization.Unicode;

/// <summary>Which script a code point is written in.</summary>
internal static class Scripts
{
    /// <summary>Of a code point in none: unassigned, or a script that the reference does not know.</summary>
    public const int None = -1;

    /// <summary>The names, by number.</summary>
    public static readonly string[] Names = [.. UnicodeTables.Instance.Scripts.Keys.Order(StringComparer.Ordinal)];

    private static readonly (int First, int Last, int Script)[] Ranges = [.. UnicodeTables.Instance.Scripts
        .SelectMany(static script => script.Value.Select(range => (range.First, range.Last, Array.IndexOf(Names, script.Key)))).OrderBy(static range => range.First)];

    /// <summary>The number of a code point's script, or <see cref="None"/>.</summary>
    public static int Of(int point)
    {
        var (low, high) = (0, Ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (point < Ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (point > Ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return Ranges[middle].Script;
            }
        }

        return None;
    }

    /// <summary>The number of a script by its name, whatever its case, spaces and underscores; <see cref="None"/> where there is none.</summary>
    public static int ByName(string name) => Array.FindIndex(Names, known => CultureInfo.InvariantCulture.CompareInfo.Compare(
        known.Replace("_", "", StringComparison.Ordinal), name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal), CompareOptions.OrdinalIgnoreCase) == 0);
}
