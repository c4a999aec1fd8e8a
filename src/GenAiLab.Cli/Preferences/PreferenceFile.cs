using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using GenAiLab.Cli.Commands;
using GenAiLab.Client;
using GenAiLab.V1;

namespace GenAiLab.Cli.Preferences;

/// <summary>A file of preferences, a JSON object per line (JSONL). Line n is record n of an import.</summary>
internal static class PreferenceFile
{
    // 192 KiB of text and names, every byte of it escaped as \u0000.
    private const int MaximumLineBytes = 2 * 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads line by line, in bounded memory.</summary>
    /// <exception cref="CommandException">A line is no preference; the message begins with its number.</exception>
    public static async IAsyncEnumerable<Preference> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var number = 0L;
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            while (TakeLine(ref buffer, result.IsCompleted) is { } line)
            {
                number++;
                yield return Parse(line, number);
            }

            if (result.IsCompleted)
            {
                break;
            }

            CheckLength(buffer.Length, number + 1);
            reader.AdvanceTo(buffer.Start, buffer.End);
        }

        await reader.CompleteAsync();
    }

    /// <summary>Writes one line.</summary>
    public static async Task WriteAsync(Stream stream, Preference preference, CancellationToken cancellation)
    {
        await stream.WriteAsync(PreferenceJson.Write(preference), cancellation);
        await stream.WriteAsync("\n"u8.ToArray(), cancellation);
    }

    // The last line may lack its end.
    private static ReadOnlySequence<byte>? TakeLine(ref ReadOnlySequence<byte> buffer, bool isLast)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            var line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return line;
        }

        if (!isLast || buffer.IsEmpty)
        {
            return null;
        }

        var rest = buffer;
        buffer = buffer.Slice(buffer.End);
        return rest;
    }

    private static Preference Parse(ReadOnlySequence<byte> line, long number)
    {
        CheckLength(line.Length, number);
        var bytes = line.ToArray().AsMemory();
        if (number == 1 && bytes.Span.StartsWith(ByteOrderMark))
        {
            bytes = bytes[ByteOrderMark.Length..];
        }

        if (bytes.Span.Trim(" \t\r"u8).IsEmpty)
        {
            throw new CommandException($"line {number}: is empty; nothing was imported");
        }

        try
        {
            return PreferenceJson.Read(bytes);
        }
        catch (FormatException error)
        {
            throw new CommandException($"line {number}: {error.Message}; nothing was imported");
        }
    }

    private static void CheckLength(long bytes, long number)
    {
        if (bytes > MaximumLineBytes)
        {
            throw new CommandException($"line {number}: more than {MaximumLineBytes:N0} bytes; nothing was imported");
        }
    }
}
