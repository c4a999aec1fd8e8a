using System.Diagnostics;
using System.Security.Cryptography;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Films;

namespace GenAiLab.Media.Tests.Films;

/// <summary>Films as PIL reads and writes them.</summary>
public sealed class PilTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const string Hashes = """
        import sys, hashlib
        from PIL import Image
        film = Image.open(sys.argv[1])
        print(film.n_frames, film.info.get("loop"), film.info.get("duration"))
        for at in range(film.n_frames):
            film.seek(at)
            print(hashlib.sha256(film.convert("RGB").tobytes()).hexdigest())
        """;

    private const string Writing = """
        import sys, random
        from PIL import Image, ImageDraw
        random.seed(3)
        frames = []
        for at in range(9):
            frame = Image.new("RGB", (40, 30), (10 * at, 200, 90))
            ImageDraw.Draw(frame).ellipse([3 * at, 5, 3 * at + 9, 20], fill=(255, 0, at))
            frames.append(frame)
        frames[0].save(sys.argv[1], save_all=True, append_images=frames[1:], duration=100, loop=0)
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_is_what_PIL_reads()
    {
        var frames = new FilmWorld(seed: 1).HeldOut().First().Frames;
        await WithFileAsync("film.png", async path =>
        {
            await File.WriteAllBytesAsync(path, FilmFile.WriteApng(frames), Cancellation);
            var lines = await PythonAsync(Hashes, path);
            Assert.Equal("12 0 120.0", lines[0]);
            Assert.Equal(frames.Select(Hash), lines[1..]);
        });
    }

    [Theory]
    [InlineData("film.png")]
    [InlineData("film.gif")]
    public Task What_PIL_writes_is_read_as_PIL_reads_it(string name) => WithFileAsync(name, async path =>
    {
        await PythonAsync(Writing, path);
        var lines = await PythonAsync(Hashes, path);
        Assert.Equal(lines[1..], FilmFile.Read(await File.ReadAllBytesAsync(path, Cancellation), Cancellation).Select(Hash));
    });

    private static string Hash(Picture frame) => Convert.ToHexStringLower(SHA256.HashData(frame.Rgb));

    private static async Task WithFileAsync(string name, Func<string, Task> use)
    {
        var folder = Directory.CreateTempSubdirectory("film-pil-tests-").FullName;
        try
        {
            await use(Path.Combine(folder, name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string[]> PythonAsync(string script, string argument)
    {
        // Debian's packages are seen by Debian's python alone.
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "needs python3 with PIL (Debian: python3-pil)");
        Assert.SkipUnless((await RunAsync("import PIL", "")).Succeeded, "needs python3 with PIL (Debian: python3-pil)");
        var (succeeded, output) = await RunAsync(script, argument);
        Assert.True(succeeded);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<(bool Succeeded, string Output)> RunAsync(string script, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", script, argument]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(Patience, Cancellation);
        await process.WaitForExitAsync(Cancellation).WaitAsync(Patience, Cancellation);
        await errors;
        return (process.ExitCode == 0, output);
    }
}
