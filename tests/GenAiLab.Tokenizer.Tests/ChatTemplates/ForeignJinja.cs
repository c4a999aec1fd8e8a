using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Others' renderings of the same cases: jinja2, which Transformers uses, and @huggingface/jinja.</summary>
internal static class ForeignJinja
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Where npm ci has put packages.</summary>
    public static string NodeFolder { get; } = Path.Combine(Repository, "tests/GenAiLab.EndToEnd/foreign");

    private static readonly Lazy<string?> PythonWithJinja = new(FindPython);

    /// <summary>By jinja2. Skips the test where there is none.</summary>
    /// <returns>Each case's text; null: it failed, for the reason beside it.</returns>
    public static async Task<IReadOnlyList<(string? Text, string? Error)>> PythonAsync(IReadOnlyDictionary<string, string> templates, IReadOnlyList<RenderCase> cases)
    {
        Assert.SkipWhen(PythonWithJinja.Value is null, "needs python3 with jinja2 (python3-jinja2)");
        return await RunAsync(PythonWithJinja.Value!, [Path.Combine(Repository, "tests/GenAiLab.Tokenizer.Tests/ChatTemplates/jinja2_render.py")], templates, cases);
    }

    /// <summary>By @huggingface/jinja. Skips the test where there is none.</summary>
    public static async Task<IReadOnlyList<(string? Text, string? Error)>> NodeAsync(IReadOnlyDictionary<string, string> templates, IReadOnlyList<RenderCase> cases)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(NodeFolder, "node_modules/@huggingface/jinja")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        return await RunAsync("node", ["jinja.mjs"], templates, cases);
    }

    private static async Task<IReadOnlyList<(string? Text, string? Error)>> RunAsync(
        string program, string[] arguments, IReadOnlyDictionary<string, string> templates, IReadOnlyList<RenderCase> cases)
    {
        var request = new JsonObject
        {
            ["now"] = RenderCase.Now.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
            ["templates"] = new JsonObject(templates.Select(static template => KeyValuePair.Create(template.Key, (JsonNode?)template.Value))),
            ["cases"] = new JsonArray([.. cases.Select(static one => new JsonObject { ["template"] = one.Template, ["context"] = one.Context() })]),
        };
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = NodeFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PYTHONIOENCODING"] = "utf-8", ["TZ"] = "UTC" },
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardInput.WriteAsync(request.ToJsonString());
            process.StandardInput.Close();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
            Assert.True(process.ExitCode == 0, await errors);
            using var results = JsonDocument.Parse(await output);
            return [.. results.RootElement.EnumerateArray().Select(static result => (
                result.TryGetProperty("text", out var text) ? text.GetString() : null,
                result.TryGetProperty("error", out var error) ? error.GetString() : null))];
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string? FindPython() => Array.Find(["python3", "/usr/bin/python3"], static program =>
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-c", "import jinja2"]) { RedirectStandardError = true })!;
            return process.WaitForExit(Patience) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
