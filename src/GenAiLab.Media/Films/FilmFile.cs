using System.Buffers.Binary;
using System.IO.Compression;
using GenAiLab.Media.Images;
using GenAiLab.Media.Pictures;

namespace GenAiLab.Media.Films;

/// <summary>Films as files: APNG and GIF in, APNG out.</summary>
public static class FilmFile
{
    /// <summary>How long a frame is shown.</summary>
    public const int FrameMilliseconds = 120;

    private const byte EightBits = 8;
    private const byte TrueColour = 2;

    /// <summary>Frames of a film, evenly spread and scaled to a size.</summary>
    /// <exception cref="UnreadableMediaException">It cannot be read; limits are those of <see cref="EncodedFilm"/>.</exception>
    public static IReadOnlyList<Picture> Read(ReadOnlySpan<byte> file, int width, int height, int frames, CancellationToken cancellation)
    {
        using var film = EncodedFilm.Open(file);
        return [.. film.Frames(frames, cancellation).Select(frame => Scale(frame, width, height, cancellation))];
    }

    /// <summary>Every frame of a film in its own size.</summary>
    /// <exception cref="UnreadableMediaException">It cannot be read; limits are those of <see cref="EncodedFilm"/>.</exception>
    public static IReadOnlyList<Picture> Read(ReadOnlySpan<byte> file, CancellationToken cancellation)
    {
        using var film = EncodedFilm.Open(file);
        return [.. film.Frames(film.FrameCount, cancellation).Select(frame => Scale(frame, frame.Width, frame.Height, cancellation))];
    }

    /// <summary>An APNG that plays the frames for ever; the same frames give the same bytes.</summary>
    /// <param name="frames">At least one; all of one size.</param>
    /// <exception cref="ArgumentException">There are none, or they differ in size.</exception>
    public static byte[] WriteApng(IReadOnlyList<Picture> frames)
    {
        if (frames.Count == 0 || frames.Any(frame => frame.Width != frames[0].Width || frame.Height != frames[0].Height))
        {
            throw new ArgumentException("a film has one frame or more, all of one size", nameof(frames));
        }

        using var file = new MemoryStream();
        file.Write(ApngChunks.Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, frames[0].Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), frames[0].Height);
        (header[8], header[9]) = (EightBits, TrueColour);
        ApngChunks.Write(file, "IHDR"u8, header);

        // How often it is played: 0, without end.
        var animation = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(animation, frames.Count);
        ApngChunks.Write(file, "acTL"u8, animation);
        var sequence = 0;
        foreach (var (at, frame) in frames.Index())
        {
            ApngChunks.Write(file, "fcTL"u8, Control(sequence++, frame));
            var pixels = Compress(frame, room: at == 0 ? 0 : sizeof(int));
            if (at == 0)
            {
                ApngChunks.Write(file, "IDAT"u8, pixels);
                continue;
            }

            BinaryPrimitives.WriteInt32BigEndian(pixels.AsSpan(0, 4), sequence++);
            ApngChunks.Write(file, "fdAT"u8, pixels);
        }

        ApngChunks.Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(Picture frame, int room)
    {
        using var compressed = new MemoryStream();
        compressed.Write(new byte[room]);
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var row = 0; row < frame.Height; row++)
            {
                // No filter: few colours repeat better than their differences.
                stream.WriteByte(0);
                stream.Write(frame.Rgb, 3 * row * frame.Width, 3 * frame.Width);
            }
        }

        return compressed.ToArray();
    }

    private static byte[] Control(int sequence, Picture frame)
    {
        var control = new byte[26];
        BinaryPrimitives.WriteInt32BigEndian(control, sequence);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(4), frame.Width);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(8), frame.Height);
        BinaryPrimitives.WriteInt16BigEndian(control.AsSpan(20), FrameMilliseconds);
        BinaryPrimitives.WriteInt16BigEndian(control.AsSpan(22), 1_000);
        return control;
    }

    private static Picture Scale(FilmFrame frame, int width, int height, CancellationToken cancellation)
    {
        var rgba = frame.Width == width && frame.Height == height
            ? frame.Pixels.Span
            : ImageResampler.Resize(frame.Pixels.Span, frame.Width, frame.Height, width, height, ResampleFilter.Bicubic, cancellation);
        var rgb = new byte[3 * width * height];
        for (var at = 0; at < width * height; at++)
        {
            rgba.Slice(4 * at, 3).CopyTo(rgb.AsSpan(3 * at));
        }

        return new Picture(width, height, rgb);
    }
}
