using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Cli.Commands;

/// <summary>A file of the user's that is sent to a service.</summary>
internal static class MediaFile
{
    // What no message has room for: read whole, it would fill the memory before it is refused.
    private const int MaximumBytes = 16 * 1024 * 1024;

    // What makes a PNG an animation stands before its pixels.
    private const int AnimationHeader = 4_096;

    private static readonly string[] Extensions = [".png", ".apng", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".wav"];

    /// <summary>Puts into a request what a user typed: a text, or what is in the file of that name.</summary>
    /// <exception cref="CommandException">The file is too large for any service.</exception>
    public static async Task ApplyAsync(string given, ClassifyRequest request, CancellationToken cancellation)
    {
        // A sentence rarely ends in .png and is the name of a file besides.
        if (!Extensions.Contains(Path.GetExtension(given), StringComparer.OrdinalIgnoreCase) || !File.Exists(given))
        {
            request.Text = given;
            return;
        }

        var content = await ReadAsync(new FileInfo(given), cancellation);
        if (content.Span.StartsWith("RIFF"u8) && content.Length > 12 && content.Span[8..].StartsWith("WAVE"u8))
        {
            request.Sound = content;
        }
        else if (content.Span.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) && content.Span[..Math.Min(AnimationHeader, content.Length)].IndexOf("acTL"u8) > 0)
        {
            request.Film = content;
        }
        else
        {
            request.Image = content;
        }
    }

    /// <summary>Its bytes.</summary>
    /// <exception cref="CommandException">It is not there, or too large for any service.</exception>
    public static async Task<ByteString> ReadAsync(FileInfo file, CancellationToken cancellation) => file switch
    {
        { Exists: false } => throw new CommandException($"there is no file '{file.Name}'"),
        { Length: > MaximumBytes } => throw new CommandException($"'{file.Name}' has {file.Length:N0} bytes; no service takes so many"),
        _ => UnsafeByteOperations.UnsafeWrap(await File.ReadAllBytesAsync(file.FullName, cancellation)),
    };
}
