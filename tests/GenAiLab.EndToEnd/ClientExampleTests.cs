using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAiLab.EndToEnd;

/// <summary>The example of the .NET client, as a reader of its README runs it, against a lab with the models of this repository.</summary>
public sealed partial class ClientExampleTests
{
    // Built as these tests were: bin/Release/net10.0.
    private static string Example => Path.Combine(
        Lab.Repository, "examples", "GenAiLab.Client.Example", Path.GetRelativePath(Path.Combine(Lab.Repository, "tests", "GenAiLab.EndToEnd"), AppContext.BaseDirectory), "GenAiLab.Client.Example.dll");

    [Fact]
    public async Task The_example_chats_answers_with_a_value_calls_a_function_and_compares_texts()
    {
        await using var lab = await LabProcess.StartAsync("inproc", cancellation: TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("dotnet", [Example, lab.Grpc("orchestrator")]);

        var (exitCode, output, errors) = await Lab.RunAsync(start);

        Assert.Equal(("", 0), (errors, exitCode));
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.Contains("Paris", lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^Animal \{ Name = .*, Legs = -?\d+ \} in \d+ tokens$", lines[1]);
        Assert.Matches(@"^temperature\(\[city, (Paris|London)\]\)$", lines[2]);
        Assert.Matches("^= (21|15)$", lines[3]);
        var similarities = Similarity().Matches(output).Select(static match => float.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(2, similarities.Count);
        Assert.True(similarities[0] > similarities[1], output);
        Assert.All(similarities, static similarity => Assert.InRange(similarity, -1.001f, 1.001f));
    }

    [GeneratedRegex(@"^similarity (?<value>-?\d\.\d{3})$", RegexOptions.Multiline)]
    private static partial Regex Similarity();
}
