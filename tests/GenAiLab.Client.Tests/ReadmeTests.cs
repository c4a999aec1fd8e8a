using System.Text.RegularExpressions;

namespace GenAiLab.Client.Tests;

/// <summary>The code in the package's README is code of the example, which compiles and is run.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Its_code_is_that_of_the_example()
    {
        var example = File.ReadAllText(Path.Combine(Build.Repository, "examples", "GenAiLab.Client.Example", "Program.cs"));
        var readme = File.ReadAllText(Path.Combine(Build.Repository, "src", "GenAiLab.Client", "README.md"));

        var regions = Region().Matches(example).Select(static match => match.Groups["code"].Value).ToList();

        Assert.NotEmpty(regions);
        Assert.Equal(regions, Block().Matches(readme).Select(static match => match.Groups["code"].Value));
    }

    [GeneratedRegex(@"#region \w+\n(?<code>.*?)#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
