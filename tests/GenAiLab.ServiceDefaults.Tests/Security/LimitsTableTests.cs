using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>The limits that docs/security.md promises are those of the code, and the tests that it names are there.</summary>
public sealed partial class LimitsTableTests
{
    private static readonly string Root = FindRoot();
    private static readonly Lazy<IReadOnlyList<string>> Tests = new(static () => [.. Sources("tests").Select(File.ReadAllText)]);
    private static readonly IReadOnlyList<(string Limit, string Value, string Where, string Test)> Rows =
        [.. Row().Matches(File.ReadAllText(Path.Combine(Root, "docs/security.md"))).Select(static row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value))];

    public static TheoryData<string, string> Values => [.. Rows.Where(static row => row.Where.Contains('.', StringComparison.Ordinal)).Select(static row => (row.Where, row.Value)).Distinct()];

    public static TheoryData<string> Names => [.. Rows.Select(static row => row.Test).Distinct()];

    [Fact]
    public void The_table_is_read() => Assert.InRange(Rows.Count, 50, 500);

    [Theory]
    [MemberData(nameof(Values))]
    public void A_limit_is_what_the_table_says(string where, string value)
    {
        var at = where.LastIndexOf('.');
        var (type, name) = (where[..at], where[(at + 1)..]);
        if (type is nameof(KestrelServerLimits) or nameof(Http2Limits))
        {
            Assert.Equal(Number(value), FrameworkLimit(type, name));
            return;
        }

        var file = Assert.Single(Sources("src"), path => Path.GetFileNameWithoutExtension(path) == type);
        var source = File.ReadAllText(file);
        var assigned = Regex.Match(source, $@"\b{name}(?: \{{ get; (?:set|init); \}})? = ([^;,]+);");
        Assert.True(assigned.Success, $"{file} has no {name}");
        Assert.Equal(Number(value), Evaluate(assigned.Groups[1].Value));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_test_is_there(string name) =>
        Assert.Contains(Tests.Value, source => Regex.IsMatch(source, $@"public (?:async )?(?:Task|void) {name}\("));

    [GeneratedRegex(@"^\| ([^|]+) \| ([^|]+) \| `([^`|]+)` \| `([^`|]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    // "4 MiB", "131,072", "5 min": a number, of bytes or seconds where it has a unit.
    private static decimal Number(string text)
    {
        var parts = text.Split(' ');
        var unit = parts.Length == 1 ? 1 : parts[1] switch
        {
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "s" => 1,
            "min" => 60,
            _ => throw new FormatException($"{text} has no unit that is known"),
        };
        return decimal.Parse(parts[0], NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * unit;
    }

    // Products, shifts and spans of time.
    private static decimal Evaluate(string expression)
    {
        expression = expression.Trim().Replace("_", "", StringComparison.Ordinal);
        if (Regex.Match(expression, @"^TimeSpan\.From(Seconds|Minutes)\((\d+)\)$") is { Success: true } time)
        {
            return decimal.Parse(time.Groups[2].Value, CultureInfo.InvariantCulture) * (time.Groups[1].Value == "Minutes" ? 60 : 1);
        }

        if (Regex.Match(expression, @"^(\d+)L? << (\d+)$") is { Success: true } shift)
        {
            return decimal.Parse(shift.Groups[1].Value, CultureInfo.InvariantCulture) * (1L << int.Parse(shift.Groups[2].Value, CultureInfo.InvariantCulture));
        }

        return expression.Split('*').Aggregate(1m, static (product, factor) => product * decimal.Parse(factor.Trim(), CultureInfo.InvariantCulture));
    }

    private static decimal FrameworkLimit(string type, string name)
    {
        var limits = new KestrelServerLimits();
        object owner = type == nameof(Http2Limits) ? limits.Http2 : limits;
        var value = owner.GetType().GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!.GetValue(owner)!;
        return value is TimeSpan span ? (decimal)span.TotalSeconds : Convert.ToDecimal(value, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("the tests run from within the repository");
    }
}
