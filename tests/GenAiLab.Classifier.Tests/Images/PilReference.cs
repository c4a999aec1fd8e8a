using System.Diagnostics;
using System.Text.Json;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>What PIL makes of images, by a script: <c>pil_reference.py</c>. Tests skip without python3 and PIL.</summary>
public sealed class PilReference : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pil-reference-");
    private List<JsonElement>? _lines;

    /// <summary>The script's lines of a kind.</summary>
    public IReadOnlyList<JsonElement> Lines(string kind)
    {
        Assert.SkipWhen(_lines is null, "needs python3 with PIL (Debian: python3-pil)");
        List<JsonElement> lines = [.. _lines!.Where(line => line.GetProperty("kind").GetString() == kind)];
        Assert.NotEmpty(lines);
        return lines;
    }

    /// <summary>The content of a file that a line names.</summary>
    public byte[] Read(JsonElement line, string property) => File.ReadAllBytes(Path.Combine(_folder.FullName, line.GetProperty(property).GetString()!));

    public async ValueTask InitializeAsync()
    {
        // Debian's packages are seen by Debian's python alone.
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            if (await RunAsync(python, "-c", "import PIL") is null)
            {
                continue;
            }

            var script = Path.Combine(AppContext.BaseDirectory, "Images", "pil_reference.py");
            var output = await RunAsync(python, script, _folder.FullName) ?? throw new InvalidOperationException("pil_reference.py failed");
            _lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
            return;
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <returns>Standard output; null where it cannot be run or fails.</returns>
    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await process.WaitForExitAsync().WaitAsync(Patience);
            await errors;
            return process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
