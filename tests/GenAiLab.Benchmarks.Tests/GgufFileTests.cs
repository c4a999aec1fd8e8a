using System.Text;
using GenAiLab.Benchmarks.LlamaCpp;
using GenAiLab.Benchmarks.Reference;

namespace GenAiLab.Benchmarks.Tests;

/// <summary>The file that llama.cpp reads: same numbers, its own blocks.</summary>
public sealed class GgufFileTests
{
    [Fact]
    public void EightBitBlocksHoldTheWeightsToHalfAStep()
    {
        var values = Values(64);
        var bytes = GgufFile.Encode(values, GgmlType.Q8_0);
        Assert.Equal(2 * 34, bytes.Length);
        for (var at = 0; at < values.Length; at++)
        {
            var block = bytes.AsSpan(at / 32 * 34, 34);
            var scale = (float)BitConverter.ToHalf(block);
            Assert.Equal(values[at], (sbyte)block[2 + (at % 32)] * scale, 0.51f * scale + (Math.Abs(values[at]) / 1000));
        }
    }

    [Fact]
    public void FourBitBlocksHoldTheWeightsToAStep()
    {
        var values = Values(64);
        var bytes = GgufFile.Encode(values, GgmlType.Q4_0);
        Assert.Equal(2 * 18, bytes.Length);
        for (var at = 0; at < values.Length; at++)
        {
            var block = bytes.AsSpan(at / 32 * 18, 18);
            var scale = (float)BitConverter.ToHalf(block);
            var place = at % 32;
            var nibble = place < 16 ? block[2 + place] & 15 : block[2 + place - 16] >> 4;
            Assert.Equal(values[at], (nibble - 8) * scale, 1.05f * Math.Abs(scale));
        }
    }

    [Fact]
    public void TheHeaderNamesEveryTensorAtAnAlignedPlaceWithinTheFile()
    {
        var work = Directory.CreateTempSubdirectory("gguf-").FullName;
        try
        {
            var model = ReferenceModel.Of("tiny", 64);
            using var reader = new BinaryReader(File.OpenRead(GgufFile.Write(model, GgmlType.Q8_0, work)));
            Assert.Equal("GGUF", Encoding.ASCII.GetString(reader.ReadBytes(4)));
            Assert.Equal(3u, reader.ReadUInt32());
            var tensors = (int)reader.ReadUInt64();
            Assert.Equal(2 + (9 * model.Config.Layers), tensors);
            var entries = (int)reader.ReadUInt64();
            var metadata = new Dictionary<string, object>();
            for (var at = 0; at < entries; at++)
            {
                var key = Text(reader);
                metadata[key] = reader.ReadUInt32() switch { 4 => reader.ReadUInt32(), 6 => reader.ReadSingle(), 8 => Text(reader), 9 => Sequence(reader), var type => throw new InvalidDataException($"{type}") };
            }

            Assert.Equal("llama", metadata["general.architecture"]);
            Assert.Equal((uint)model.Config.Layers, metadata["llama.block_count"]);
            Assert.Equal(model.Config.VocabularySize, ((List<object>)metadata["tokenizer.ggml.tokens"]).Distinct().Count());
            ulong end = 0;
            for (var at = 0; at < tensors; at++)
            {
                Text(reader);
                var count = Enumerable.Range(0, (int)reader.ReadUInt32()).Aggregate(1UL, (product, _) => product * reader.ReadUInt64());
                var bytes = reader.ReadUInt32() == 8 ? count / 32 * 34 : count * 4;
                var offset = reader.ReadUInt64();
                Assert.Equal(0UL, offset % 32);
                Assert.True(offset >= end);
                end = offset + bytes;
            }

            var data = (reader.BaseStream.Position + 31) / 32 * 32;
            Assert.InRange(reader.BaseStream.Length - data, (long)end, (long)end + 31);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static float[] Values(int count)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 0.3f)];
    }

    private static object Sequence(BinaryReader reader)
    {
        var (type, count) = (reader.ReadUInt32(), (int)reader.ReadUInt64());
        return Enumerable.Range(0, count).Select(_ => type == 8 ? (object)Text(reader) : reader.ReadInt32()).ToList();
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
}
