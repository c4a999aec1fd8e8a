using System.Diagnostics;
using System.Text.Json;

namespace GenAiLab.EndToEnd;

/// <summary><c>lab preferences</c>, over a file of its own and against a lab that is up.</summary>
public sealed class PreferencesCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("preferences-command-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_imported_is_counted_listed_and_exported_to_the_byte()
    {
        var file = await WriteAsync(Line("a", "a", 1), Line("b", "tie", 2), Line("c", "b", 3));

        var (_, imported, errors) = await RunAsync("import", file);
        var (_, again, _) = await RunAsync("import", file);
        var (_, counted, _) = await RunAsync("count");
        var (_, listed, _) = await RunAsync("list", "--limit", "2");
        var (_, exported, _) = await RunAsync("export");
        await RunAsync("export", Path.Combine(_folder.FullName, "out.jsonl"));

        Assert.Equal("", errors);
        Assert.Equal(("3 imported, 0 were there\n", "0 imported, 3 were there\n"), (imported, again));
        Assert.StartsWith("3 preferences by 1 raters, 1 of them ties", counted, StringComparison.Ordinal);
        Assert.Contains("ada", counted, StringComparison.Ordinal);
        var lines = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("2024-01-03 12:00:00Z  c  ada", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"No \" > \"Yes\"", lines[0], StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), exported);
        Assert.Equal(exported, await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "out.jsonl"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_bad_line_is_named_and_nothing_is_imported()
    {
        var answer = new string('x', 70_000);
        foreach (var (bad, reason) in new[]
        {
            ("{\"id\":", "line 3: is no JSON"),
            ("", "line 3: is empty"),
            (Line("c", "neither", 3), "line 3: 'preferred'"),
            (Line("c", "a", 3).Replace("Yes", answer, StringComparison.Ordinal), "line 3: answer_a.text: 70,000 bytes"),
            (Line("a", "b", 1), "line 3: id: 'a' comes earlier with another content"),
        })
        {
            var file = await WriteAsync(Line("a", "a", 1), Line("b", "tie", 2), bad, Line("d", "a", 4));

            var (exitCode, output, errors) = await RunAsync("import", file);

            Assert.Equal((1, ""), (exitCode, output));
            Assert.StartsWith($"lab: {reason}", errors, StringComparison.Ordinal);
        }

        Assert.StartsWith("0 preferences", (await RunAsync("count")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_recorded_without_keys_is_given_to_a_tenant_whose_key_then_reads_it()
    {
        var file = await WriteAsync(Line("a", "a", 1));
        await RunAsync("import", file);

        Assert.Equal("1 imported, 0 were there\n", (await RunAsync("import", file, "--tenant", "team-a")).Output);
        var keys = Path.Combine(_folder.FullName, "keys.json");
        var (_, key, _) = await EndToEnd.Lab.RunAsync("keys", "create", "--scopes", "preferences", "--tenant", "team-a", "--file", keys);
        var (_, other, _) = await EndToEnd.Lab.RunAsync("keys", "create", "--scopes", "preferences", "--file", keys);
        await using var lab = await LabProcess.StartAsync(
            "processes", new Dictionary<string, string> { ["Preferences__ConnectionString"] = Database }, TestContext.Current.CancellationToken, ["--api-keys", keys]);

        Assert.StartsWith("1 preferences by 1 raters", (await CountAsync(key)).Output, StringComparison.Ordinal);
        Assert.StartsWith("0 preferences by 0 raters", (await CountAsync(other)).Output, StringComparison.Ordinal);
        var (exitCode, _, errors) = await CountAsync(key, "--tenant", "team-b");
        Assert.Equal(1, exitCode);
        Assert.Contains("--tenant goes without --address", errors, StringComparison.Ordinal);

        Task<(int ExitCode, string Output, string Errors)> CountAsync(string text, params string[] more) => EndToEnd.Lab.RunAsync(
            ["preferences", "count", "--address", lab.Grpc("preferences"), "--api-key", text.Trim(), .. more]);
    }

    [Fact]
    public async Task A_lab_that_is_up_keeps_them_where_it_was_told_and_takes_them_from_any_client()
    {
        await using var lab = await LabProcess.StartAsync(
            "processes", new Dictionary<string, string> { ["Preferences__ConnectionString"] = Database }, TestContext.Current.CancellationToken);
        var address = lab.Grpc("preferences");
        var (_, imported, errors) = await EndToEnd.Lab.RunAsync("preferences", "import", await WriteAsync(Line("a", "a", 1)), "--address", address);
        Assert.Equal(("1 imported, 0 were there\n", ""), (imported, errors));

        var folder = Path.Combine(EndToEnd.Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        var recorded = await ForeignAsync(folder, address, """{"id":"node-1","prompt":[{"role":"user","content":"Hi"}],"answer_a":{"text":"Hello."},"answer_b":{"text":""},"preferred":"PREFERRED_ANSWER_A","rater":"node"}""");
        Assert.Equal(("node-1", "OK"), (recorded[0].GetProperty("preference").GetProperty("id").GetString(), recorded[1].GetProperty("status").GetString()));
        var refused = await ForeignAsync(folder, address, """{"rater":"node"}""");
        Assert.Equal("INVALID_ARGUMENT", Assert.Single(refused).GetProperty("status").GetString());

        // The file is the lab's, and another process may read it meanwhile.
        Assert.StartsWith("2 preferences by 2 raters", (await RunAsync("count")).Output, StringComparison.Ordinal);
    }

    private string Database => Path.Combine(_folder.FullName, "preferences.db");

    private static string Line(string id, string preferred, int day) =>
        $$"""{"id":"{{id}}","prompt":[{"role":"user","content":"Is it?"}],"answer_a":"Yes","answer_b":"No\u001B","model_a":"lab-chat","model_b":"lab-sft","preferred":"{{preferred}}","rater":"ada","time":"2024-01-0{{day}}T12:00:00.000000Z"}""";

    private static async Task<List<JsonElement>> ForeignAsync(string folder, string address, string request)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder };
        foreach (var argument in new[] { "record.mjs", new Uri(address).Authority, Path.Combine(EndToEnd.Lab.Repository, "protos"), request })
        {
            start.ArgumentList.Add(argument);
        }

        var (_, output, _) = await EndToEnd.Lab.RunAsync(start);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) =>
        EndToEnd.Lab.RunAsync(["preferences", .. arguments, "--preferences", Database]);

    private async Task<string> WriteAsync(params string[] lines)
    {
        var file = Path.Combine(_folder.FullName, "in.jsonl");
        await File.WriteAllTextAsync(file, string.Concat(lines.Select(static line => line + "\n")), TestContext.Current.CancellationToken);
        return file;
    }
}
