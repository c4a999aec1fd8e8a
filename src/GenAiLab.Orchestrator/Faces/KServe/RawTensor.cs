using System.Buffers.Binary;
using GenAiLab.Inference;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>
/// Tensors as bytes: numbers little-endian, BOOL as one byte, elements of BYTES each behind its length as 4 bytes,
/// little-endian. Pure.
/// </summary>
internal static class RawTensor
{
    /// <returns>The elements; null where the bytes are no whole number of them, or the type is not one that is read.</returns>
    public static InferTensorContents? Read(string datatype, ReadOnlySpan<byte> raw)
    {
        var contents = new InferTensorContents();
        switch (datatype)
        {
            case "BYTES":
                return ReadBytes(raw, contents) ? contents : null;
            case "BOOL":
                contents.BoolContents.AddRange(raw.ToArray().Select(static value => value != 0));
                return contents;
            case "INT32" when raw.Length % sizeof(int) == 0:
                Each(raw, sizeof(int), bytes => contents.IntContents.Add(BinaryPrimitives.ReadInt32LittleEndian(bytes)));
                return contents;
            case "UINT32" when raw.Length % sizeof(uint) == 0:
                Each(raw, sizeof(uint), bytes => contents.UintContents.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes)));
                return contents;
            case "INT64" when raw.Length % sizeof(long) == 0:
                Each(raw, sizeof(long), bytes => contents.Int64Contents.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes)));
                return contents;
            case "UINT64" when raw.Length % sizeof(ulong) == 0:
                Each(raw, sizeof(ulong), bytes => contents.Uint64Contents.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes)));
                return contents;
            case "FP32" when raw.Length % sizeof(float) == 0:
                Each(raw, sizeof(float), bytes => contents.Fp32Contents.Add(BinaryPrimitives.ReadSingleLittleEndian(bytes)));
                return contents;
            case "FP64" when raw.Length % sizeof(double) == 0:
                Each(raw, sizeof(double), bytes => contents.Fp64Contents.Add(BinaryPrimitives.ReadDoubleLittleEndian(bytes)));
                return contents;
            default:
                return null;
        }
    }

    /// <summary>The bytes of what <see cref="OutputTensors"/> makes: BYTES and FP32.</summary>
    public static ByteString Write(InferTensorContents contents)
    {
        if (contents.BytesContents.Count == 0)
        {
            var numbers = new byte[contents.Fp32Contents.Count * sizeof(float)];
            for (var at = 0; at < contents.Fp32Contents.Count; at++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(numbers.AsSpan(at * sizeof(float)), contents.Fp32Contents[at]);
            }

            return UnsafeByteOperations.UnsafeWrap(numbers);
        }

        var raw = new byte[contents.BytesContents.Sum(static element => sizeof(int) + element.Length)];
        var rest = raw.AsSpan();
        foreach (var element in contents.BytesContents)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, element.Length);
            element.Span.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + element.Length)..];
        }

        return UnsafeByteOperations.UnsafeWrap(raw);
    }

    private static bool ReadBytes(ReadOnlySpan<byte> raw, InferTensorContents contents)
    {
        while (raw.Length > 0)
        {
            if (raw.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(raw) is var length && length > raw.Length - sizeof(uint))
            {
                return false;
            }

            contents.BytesContents.Add(ByteString.CopyFrom(raw.Slice(sizeof(uint), (int)length)));
            raw = raw[(sizeof(uint) + (int)length)..];
        }

        return true;
    }

    private static void Each(ReadOnlySpan<byte> raw, int size, Action<byte[]> element)
    {
        for (var at = 0; at < raw.Length; at += size)
        {
            element(raw.Slice(at, size).ToArray());
        }
    }
}
