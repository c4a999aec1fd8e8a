using Google.Protobuf;

namespace GenAiLab.Cli.Commands;

/// <summary>A file of the user's that is sent to a service.</summary>
internal static class MediaFile
{
    // What no message has room for: read whole, it would fill the memory before it is refused.
    private const int MaximumBytes = 16 * 1024 * 1024;

    /// <summary>Its bytes.</summary>
    /// <exception cref="CommandException">It is not there, or too large for any service.</exception>
    public static async Task<ByteString> ReadAsync(FileInfo file, CancellationToken cancellation) => file switch
    {
        { Exists: false } => throw new CommandException($"there is no file '{file.Name}'"),
        { Length: > MaximumBytes } => throw new CommandException($"'{file.Name}' has {file.Length:N0} bytes; no service takes so many"),
        _ => UnsafeByteOperations.UnsafeWrap(await File.ReadAllBytesAsync(file.FullName, cancellation)),
    };
}
