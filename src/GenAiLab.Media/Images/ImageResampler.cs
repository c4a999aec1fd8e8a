using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenAiLab.Media.Images;

/// <summary>
/// Scales images to the bits as PIL's <c>Image.resize</c> does, which is what vision models are trained with: rows
/// first, then columns, each rounded to eight bits. Pure.
/// </summary>
public static class ImageResampler
{
    private const int Half = 1 << (ResampleWeights.FractionBits - 1);

    /// <summary>The image in another size.</summary>
    /// <param name="source">Pixels of four bytes, row by row. The fourth byte is scaled like the rest.</param>
    /// <param name="width">Of the source, in pixels.</param>
    /// <param name="height">Of the source, in pixels.</param>
    /// <param name="targetWidth">At least 1.</param>
    /// <param name="targetHeight">At least 1.</param>
    /// <param name="filter">How.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    public static byte[] Resize(
        ReadOnlySpan<byte> source, int width, int height, int targetWidth, int targetHeight, ResampleFilter filter, CancellationToken cancellation)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(source);
        if (filter == ResampleFilter.Nearest)
        {
            return Nearest(pixels, width, height, targetWidth, targetHeight);
        }

        if (targetHeight == height)
        {
            return targetWidth == width ? source[..(width * height * 4)].ToArray() : Rows(pixels, width, height, targetWidth, filter, cancellation);
        }

        if (targetWidth == width)
        {
            return Columns(source, width, height, targetHeight, filter, cancellation);
        }

        return Columns(Rows(pixels, width, height, targetWidth, filter, cancellation), targetWidth, height, targetHeight, filter, cancellation);
    }

    private static byte[] Rows(
        ReadOnlySpan<uint> source, int width, int height, int targetWidth, ResampleFilter filter, CancellationToken cancellation)
    {
        var weights = new ResampleWeights(width, targetWidth, filter);
        var target = new byte[height * targetWidth * 4];
        var output = MemoryMarshal.Cast<byte, uint>(target.AsSpan());
        for (var y = 0; y < height; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            var line = source.Slice(y * width, width);
            for (var x = 0; x < targetWidth; x++)
            {
                var sum = Vector128.Create(Half);
                var taps = weights.Weights(x);
                var run = line.Slice(weights.Start(x), taps.Length);
                for (var tap = 0; tap < taps.Length; tap++)
                {
                    sum += Widen(run[tap]) * Vector128.Create(taps[tap]);
                }

                output[(y * targetWidth) + x] = Narrow(sum);
            }
        }

        return target;
    }

    private static byte[] Columns(
        ReadOnlySpan<byte> source, int width, int height, int targetHeight, ResampleFilter filter, CancellationToken cancellation)
    {
        var weights = new ResampleWeights(height, targetHeight, filter);
        var stride = width * 4;
        var target = new byte[targetHeight * stride];
        var sums = new int[stride];
        for (var y = 0; y < targetHeight; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            sums.AsSpan().Fill(Half);
            var taps = weights.Weights(y);
            for (var tap = 0; tap < taps.Length; tap++)
            {
                Add(source.Slice((weights.Start(y) + tap) * stride, stride), taps[tap], sums);
            }

            Round(sums, target.AsSpan(y * stride, stride));
        }

        return target;
    }

    private static void Add(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        var factor = Vector128.Create(weight);
        var pixels = MemoryMarshal.Cast<byte, uint>(row);
        var totals = MemoryMarshal.Cast<int, Vector128<int>>(sums);
        for (var at = 0; at < pixels.Length; at++)
        {
            totals[at] += Widen(pixels[at]) * factor;
        }
    }

    private static void Round(ReadOnlySpan<int> sums, Span<byte> row)
    {
        var totals = MemoryMarshal.Cast<int, Vector128<int>>(sums);
        var pixels = MemoryMarshal.Cast<byte, uint>(row);
        for (var at = 0; at < totals.Length; at++)
        {
            pixels[at] = Narrow(totals[at]);
        }
    }

    private static byte[] Nearest(ReadOnlySpan<uint> source, int width, int height, int targetWidth, int targetHeight)
    {
        var target = new byte[targetWidth * targetHeight * 4];
        var output = MemoryMarshal.Cast<byte, uint>(target.AsSpan());
        var (columns, rows) = (Nearest(width, targetWidth), Nearest(height, targetHeight));
        for (var y = 0; y < targetHeight; y++)
        {
            var line = source.Slice(rows[y] * width, width);
            for (var x = 0; x < targetWidth; x++)
            {
                output[(y * targetWidth) + x] = line[columns[x]];
            }
        }

        return target;
    }

    // Added up rather than multiplied, as PIL does: the last bit decides ties.
    private static int[] Nearest(int source, int target)
    {
        var nearest = new int[target];
        var step = (double)source / target;
        var position = step * 0.5;
        for (var at = 0; at < target; at++)
        {
            nearest[at] = Math.Min((int)position, source - 1);
            position += step;
        }

        return nearest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(uint pixel) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Narrow(Vector128<int> sum)
    {
        var value = Vector128.Clamp(Vector128.ShiftRightArithmetic(sum, ResampleWeights.FractionBits), Vector128<int>.Zero, Vector128.Create(255)).AsUInt32();
        var halves = Vector128.Narrow(value, value);
        return Vector128.Narrow(halves, halves).AsUInt32().ToScalar();
    }
}
