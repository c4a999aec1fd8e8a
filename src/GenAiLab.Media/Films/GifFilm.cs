using GenAiLab.Media.Images;
using SkiaSharp;

namespace GenAiLab.Media.Films;

/// <summary>The frames of a GIF file; one of a single picture is a film that stands still.</summary>
internal sealed class GifFilm : EncodedFilm
{
    private readonly SKData _data;
    private readonly SKCodec _codec;

    /// <summary>Reads everything but the pixels.</summary>
    /// <exception cref="UnreadableMediaException">It is too large or broken.</exception>
    public GifFilm(ReadOnlySpan<byte> file)
    {
        // Before the decoder looks at it: it keeps something of every frame.
        CheckSize(GifBlocks.Width(file), GifBlocks.Height(file), GifBlocks.CountFrames(file));
        _data = SKData.CreateCopy(file);
        try
        {
            _codec = SKCodec.Create(_data) ?? throw new UnreadableMediaException("its header cannot be read");
            FrameCount = Math.Max(1, _codec.FrameCount);
            CheckSize(_codec.Info.Width, _codec.Info.Height, FrameCount);
            (Width, Height) = (_codec.Info.Width, _codec.Info.Height);
        }
        catch
        {
            _codec?.Dispose();
            _data.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<FilmFrame> Decode(CancellationToken cancellation)
    {
        var info = new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(info))
        {
            throw new OutOfMemoryException();
        }

        // What the next frame is drawn upon: the last that stays. Left to itself, the decoder would begin anew for every frame.
        var (kept, keptAt, frames) = (Array.Empty<byte>(), -1, _codec.FrameInfo);
        for (var at = 0; at < FrameCount; at++)
        {
            cancellation.ThrowIfCancellationRequested();
            var required = at < frames.Length ? frames[at].RequiredFrame : -1;
            var prior = required >= 0 && keptAt >= required ? keptAt : -1;
            if (prior >= 0)
            {
                System.Runtime.InteropServices.Marshal.Copy(kept, 0, bitmap.GetPixels(), kept.Length);
            }
            else
            {
                bitmap.Erase(SKColors.Transparent);
            }

            var result = _codec.GetPixels(info, bitmap.GetPixels(), new SKCodecOptions(at, prior));
            if (result != SKCodecResult.Success)
            {
                throw new UnreadableMediaException(result == SKCodecResult.IncompleteInput ? "is truncated" : "is broken: it cannot be decoded");
            }

            var pixels = bitmap.GetPixelSpan().ToArray();
            if (at >= frames.Length || frames[at].DisposalMethod != SKCodecAnimationDisposalMethod.RestorePrevious)
            {
                (kept, keptAt) = (pixels, at);
            }

            yield return new FilmFrame(Width, Height, pixels);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _codec.Dispose();
            _data.Dispose();
        }
    }
}
