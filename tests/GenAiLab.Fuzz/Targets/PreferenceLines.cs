using GenAiLab.Cli.Commands;
using GenAiLab.Cli.Preferences;

namespace GenAiLab.Fuzz.Targets;

/// <summary>A file of preferences.</summary>
internal static class PreferenceLines
{
    public static bool Read(byte[] file)
    {
        try
        {
            ReadAsync(file).GetAwaiter().GetResult();
            return true;
        }
        catch (CommandException refusal)
        {
            Refusal.Check(refusal.Message);
            return false;
        }
    }

    private static async Task ReadAsync(byte[] file)
    {
        using var stream = new MemoryStream(file);
        await foreach (var preference in PreferenceFile.ReadAsync(stream, CancellationToken.None))
        {
            using var line = new MemoryStream();
            await PreferenceFile.WriteAsync(line, preference, CancellationToken.None);
        }
    }
}
