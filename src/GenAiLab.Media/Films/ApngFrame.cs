using System.Buffers.Binary;

namespace GenAiLab.Media.Films;

/// <summary>What becomes of a frame's area once the frame was shown.</summary>
internal enum FrameDisposal
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>It becomes transparent.</summary>
    Background,

    /// <summary>It becomes what it was before.</summary>
    Previous,
}

/// <summary>A frame of an APNG: where it is drawn, and how.</summary>
/// <param name="X">First column, in pixels.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Disposal">What becomes of its area afterwards.</param>
/// <param name="Over">Whether it is blended over what is there; otherwise it replaces it.</param>
/// <param name="Data">Its compressed pixels, in pieces.</param>
internal sealed record ApngFrame(int X, int Y, int Width, int Height, FrameDisposal Disposal, bool Over, List<byte[]> Data)
{
    private const int Length = 26;

    /// <summary>Reads an fcTL chunk, behind which its data follow.</summary>
    /// <exception cref="UnreadableMediaException">It says what cannot be.</exception>
    public static ApngFrame Read(ReadOnlySpan<byte> chunk, int canvasWidth, int canvasHeight)
    {
        if (chunk.Length != Length)
        {
            throw new UnreadableMediaException($"is broken: a frame's description has {chunk.Length:N0} bytes instead of {Length}");
        }

        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]), BinaryPrimitives.ReadUInt32BigEndian(chunk[8..]));
        var (x, y) = (BinaryPrimitives.ReadUInt32BigEndian(chunk[12..]), BinaryPrimitives.ReadUInt32BigEndian(chunk[16..]));
        if (width == 0 || height == 0 || (ulong)x + width > (uint)canvasWidth || (ulong)y + height > (uint)canvasHeight)
        {
            throw new UnreadableMediaException($"is broken: a frame of {width:N0} by {height:N0} pixels at {x:N0}, {y:N0} does not lie within {canvasWidth:N0} by {canvasHeight:N0}");
        }

        return chunk[24] > (byte)FrameDisposal.Previous || chunk[25] > 1
            ? throw new UnreadableMediaException("is broken: a frame is disposed of or blended in a way that does not exist")
            : new ApngFrame((int)x, (int)y, (int)width, (int)height, (FrameDisposal)chunk[24], chunk[25] == 1, []);
    }
}
