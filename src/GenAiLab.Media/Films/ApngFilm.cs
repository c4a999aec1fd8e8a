using System.Buffers.Binary;
using GenAiLab.Media.Images;

namespace GenAiLab.Media.Films;

/// <summary>
/// The frames of an APNG file (PNG, third edition, §11.3.2: acTL, fcTL, fdAT). Each is wrapped as a PNG of its own and decoded as
/// one, so that a film reaches no other decoder than images do; colour profiles are not applied.
/// </summary>
internal sealed class ApngFilm : EncodedFilm
{
    private static readonly uint Header = ApngChunks.Type("IHDR"u8), Palette = ApngChunks.Type("PLTE"u8), Transparency = ApngChunks.Type("tRNS"u8),
        Animation = ApngChunks.Type("acTL"u8), Control = ApngChunks.Type("fcTL"u8), Picture = ApngChunks.Type("IDAT"u8),
        FrameData = ApngChunks.Type("fdAT"u8), End = ApngChunks.Type("IEND"u8);

    private const int HeaderLength = 13;
    private readonly List<ApngFrame> _frames = [];
    private byte[] _header = [];
    private byte[]? _palette;
    private byte[]? _transparency;
    private long _announced = -1;
    private long _sequence;
    private bool _pictureSeen;

    /// <summary>Reads everything but the pixels.</summary>
    /// <exception cref="UnreadableMediaException">It is no APNG, too large, truncated or broken.</exception>
    public ApngFilm(ReadOnlySpan<byte> file)
    {
        var rest = file[ApngChunks.Signature.Length..];
        uint type;
        do
        {
            var chunk = ApngChunks.Take(ref rest, out type);
            Read(type, chunk);
        }
        while (type != End);
        CheckFrames();
    }

    /// <inheritdoc/>
    protected override IEnumerable<FilmFrame> Decode(CancellationToken cancellation)
    {
        var canvas = new byte[4 * Width * Height];
        var before = Array.Empty<byte>();
        foreach (var frame in _frames)
        {
            cancellation.ThrowIfCancellationRequested();

            // Of the first frame there is nothing before it: what it covers becomes transparent.
            var previous = frame.Disposal == FrameDisposal.Previous;
            if (previous)
            {
                before = [.. canvas];
            }

            Draw(frame, canvas);
            yield return new FilmFrame(Width, Height, canvas);
            if (previous)
            {
                canvas = before;
            }
            else if (frame.Disposal == FrameDisposal.Background)
            {
                for (var row = 0; row < frame.Height; row++)
                {
                    canvas.AsSpan(4 * (((frame.Y + row) * Width) + frame.X), 4 * frame.Width).Clear();
                }
            }
        }
    }

    private void Read(uint type, ReadOnlySpan<byte> chunk)
    {
        if (_header.Length == 0)
        {
            ReadHeader(type, chunk);
        }
        else if (type == Palette)
        {
            _palette = chunk.ToArray();
        }
        else if (type == Transparency)
        {
            _transparency = chunk.ToArray();
        }
        else if (type == Animation)
        {
            _announced = chunk.Length == 8 ? BinaryPrimitives.ReadUInt32BigEndian(chunk) : throw new UnreadableMediaException("is broken: its number of frames cannot be read");
            CheckSize(Width, Height, _announced);
        }
        else if (type == Control)
        {
            CheckSequence(chunk);
            _frames.Add(ApngFrame.Read(chunk, Width, Height));
            CheckSize(Width, Height, _frames.Count);
        }
        else if (type == Picture)
        {
            // Without a frame's description before it, the picture is for those who know no APNG.
            _pictureSeen = true;
            if (_frames.Count > 0)
            {
                (_frames is [{ X: 0, Y: 0 } first] && first.Width == Width && first.Height == Height
                    ? first.Data : throw new UnreadableMediaException("is broken: its picture is none of its first frame")).Add(chunk.ToArray());
            }
        }
        else if (type == FrameData)
        {
            CheckSequence(chunk);
            (_frames.Count > 0 && _pictureSeen ? _frames[^1].Data : throw new UnreadableMediaException("is broken: a frame's pixels come before its description")).Add(chunk[4..].ToArray());
        }
    }

    private void ReadHeader(uint type, ReadOnlySpan<byte> chunk)
    {
        if (type != Header || chunk.Length != HeaderLength)
        {
            throw new UnreadableMediaException("is broken: its header cannot be read");
        }

        CheckSize(BinaryPrimitives.ReadUInt32BigEndian(chunk), BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]), frames: 1);
        _header = chunk.ToArray();
        (Width, Height) = (BinaryPrimitives.ReadInt32BigEndian(chunk), BinaryPrimitives.ReadInt32BigEndian(chunk[4..]));
    }

    private void CheckSequence(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(chunk) != _sequence++)
        {
            throw new UnreadableMediaException("is broken: its frames are not in order");
        }
    }

    private void CheckFrames()
    {
        if (_announced < 0)
        {
            throw new UnreadableMediaException("is a still PNG, no film: it has no frames");
        }

        if (_frames.Count != _announced || _frames.Exists(static frame => frame.Data.Count == 0))
        {
            throw new UnreadableMediaException($"announces {_announced:N0} frames and has {_frames.Count(static frame => frame.Data.Count > 0):N0}");
        }

        FrameCount = _frames.Count;
    }

    private void Draw(ApngFrame frame, byte[] canvas)
    {
        using var encoded = EncodedImage.Open(Wrap(frame));
        using var image = encoded.Decode();
        var pixels = image.Pixels;
        for (var row = 0; row < frame.Height; row++)
        {
            var source = pixels.Slice(4 * row * frame.Width, 4 * frame.Width);
            var target = canvas.AsSpan(4 * (((frame.Y + row) * Width) + frame.X), 4 * frame.Width);
            if (frame.Over)
            {
                Blend(source, target);
            }
            else
            {
                source.CopyTo(target);
            }
        }
    }

    private byte[] Wrap(ApngFrame frame)
    {
        using var file = new MemoryStream();
        file.Write(ApngChunks.Signature);
        byte[] header = [.. _header];
        BinaryPrimitives.WriteInt32BigEndian(header, frame.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), frame.Height);
        ApngChunks.Write(file, "IHDR"u8, header);
        if (_palette is not null)
        {
            ApngChunks.Write(file, "PLTE"u8, _palette);
        }

        if (_transparency is not null)
        {
            ApngChunks.Write(file, "tRNS"u8, _transparency);
        }

        ApngChunks.Write(file, "IDAT"u8, frame.Data is [var only] ? only : [.. frame.Data.SelectMany(static piece => piece)]);
        ApngChunks.Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    // Of colours that are not multiplied with their alpha (PNG, third edition, §13.16).
    private static void Blend(ReadOnlySpan<byte> source, Span<byte> target)
    {
        for (var at = 0; at < source.Length; at += 4)
        {
            var (alpha, below) = (source[at + 3], target[at + 3]);
            var (upper, lower) = (alpha * 255, (255 - alpha) * below);
            if (alpha == 0 || upper + lower == 0)
            {
                continue;
            }

            for (var channel = 0; channel < 3; channel++)
            {
                target[at + channel] = (byte)(((source[at + channel] * upper) + (target[at + channel] * lower) + ((upper + lower) / 2)) / (upper + lower));
            }

            target[at + 3] = (byte)((upper + lower + 127) / 255);
        }
    }
}
