using System.Diagnostics;
using System.Globalization;
using GenAiLab.Media.Sounds;

namespace GenAiLab.Training.Sounds;

/// <summary>
/// espeak-ng as a process of its own, many phrases at a time: they are told apart by the silence between them. Needed to train
/// only; what it says is kept nowhere.
/// </summary>
public static class SpeechSynthesizer
{
    private const string Program = "espeak-ng";
    private const double LongestSeconds = 3_600;
    private const float Quiet = 3f / 32_768;

    // Between phrases there is twice as much; within one hardly a tenth.
    private const double PauseSeconds = 0.35;

    /// <summary>Why nothing can be said; null where espeak-ng is installed.</summary>
    public static string? Obstacle { get; } = Find() ? null : "espeak-ng is not installed; Debian's package of that name has it";

    /// <summary>Says phrases.</summary>
    /// <returns>Samples at 16,000 a second, without silence around; empty where they could not be told apart.</returns>
    /// <exception cref="InvalidOperationException">espeak-ng is not installed, or failed.</exception>
    public static IReadOnlyList<float[]> Say(Voice voice, IReadOnlyList<string> phrases, CancellationToken cancellation)
    {
        if (Obstacle is { } obstacle)
        {
            throw new InvalidOperationException(obstacle);
        }

        var file = Run(voice, "<speak>" + string.Concat(phrases.Select(static phrase => phrase + "<break time=\"700ms\"/>")) + "</speak>");
        var sound = WavFile.ReadTrusted(file, LongestSeconds);
        var parts = Split(sound);
        return parts.Count == phrases.Count
            ? [.. parts.Select(part => SoundResampler.Resample(new Sound(part, sound.Rate), SoundCodec.Rate, cancellation))]
            : [];
    }

    private static byte[] Run(Voice voice, string text)
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "-m", "-v", voice.Name, "-p", voice.Pitch.ToString(CultureInfo.InvariantCulture), "-s", voice.WordsPerMinute.ToString(CultureInfo.InvariantCulture),
                "--stdin", "--stdout",
            },
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        using var sound = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(sound);
        process.WaitForExit();
        return process.ExitCode == 0 ? sound.ToArray() : throw new InvalidOperationException($"espeak-ng cannot speak as {voice.Name}");
    }

    private static List<float[]> Split(Sound sound)
    {
        var (parts, pause) = (new List<float[]>(), (int)(PauseSeconds * sound.Rate));
        var (first, last) = (-1, -1);
        for (var at = 0; at < sound.Samples.Length; at++)
        {
            if (Math.Abs(sound.Samples[at]) > Quiet)
            {
                first = first < 0 ? at : first;
                last = at;
            }
            else if (first >= 0 && at - last > pause)
            {
                parts.Add(sound.Samples[first..(last + 1)]);
                first = -1;
            }
        }

        return first < 0 ? parts : [.. parts, sound.Samples[first..(last + 1)]];
    }

    private static bool Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Program, "--version") { RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
