using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>How llama.cpp holds a matrix; the numbers are those of ggml.</summary>
internal enum GgmlType
{
    F32 = 0,
    Q4_0 = 2,
    Q8_0 = 8,
}

/// <summary>
/// Writes the reference weights as GGUF version 3 (the format's description in ggml, docs/gguf.md), with
/// tied embeddings and the vocabulary of <see cref="ReferenceTokenizer"/>.
/// </summary>
public static class GgufFile
{
    private const int Alignment = 32;
    private const int Block = 32;
    private const uint Unsigned = 4;
    private const uint Float = 6;
    private const uint Signed = 5;
    private const uint Text = 8;
    private const uint Sequence = 9;

    // llama.cpp's kinds of tokens.
    private const int Ordinary = 1;
    private const int Control = 3;

    /// <summary>Writes the weights in the format of llama.cpp that is nearest to one of the lab's, unless they are there.</summary>
    /// <returns>The file's path.</returns>
    public static string WriteFor(ReferenceModel model, WeightFormat format, string work) => Write(model, TypeFor(format), work);

    /// <summary>The nearest format of llama.cpp.</summary>
    internal static GgmlType TypeFor(WeightFormat format) => format switch
    {
        WeightFormat.Float32 => GgmlType.F32,
        WeightFormat.Int4 or WeightFormat.Int4Block128 => GgmlType.Q4_0,
        _ => GgmlType.Q8_0,
    };

    /// <summary>Writes a file, unless it is there.</summary>
    /// <returns>Its path.</returns>
    internal static string Write(ReferenceModel model, GgmlType type, string work)
    {
        var path = Path.Combine(work, $"{model.Name}-{model.Config.ContextLength}-{type}.gguf");
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, stream => Write(model, type, stream));
        }

        return path;
    }

    /// <summary>Bytes of one matrix or vector.</summary>
    internal static byte[] Encode(ReadOnlySpan<float> values, GgmlType type) => type switch
    {
        GgmlType.Q8_0 => Blocks(values, 2 + Block, Block8),
        GgmlType.Q4_0 => Blocks(values, 2 + (Block / 2), Block4),
        _ => MemoryMarshal.AsBytes(values).ToArray(),
    };

    private static void Write(ReferenceModel model, GgmlType type, Stream stream)
    {
        var weights = model.Weights();
        var tensors = Tensors(model.Config, weights).ToList();
        var header = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        header.Write("GGUF"u8);
        header.Write(3u);
        header.Write((ulong)tensors.Count);
        var entries = Metadata(model.Config).ToList();
        header.Write((ulong)entries.Count);
        foreach (var (key, value) in entries)
        {
            WriteString(header, key);
            switch (value)
            {
                case string text:
                    header.Write(Text);
                    WriteString(header, text);
                    break;
                case float number:
                    header.Write(Float);
                    header.Write(number);
                    break;
                case uint number:
                    header.Write(Unsigned);
                    header.Write(number);
                    break;
                case string[] texts:
                    header.Write(Sequence);
                    header.Write(Text);
                    header.Write((ulong)texts.Length);
                    Array.ForEach(texts, text => WriteString(header, text));
                    break;
                case int[] numbers:
                    header.Write(Sequence);
                    header.Write(Signed);
                    header.Write((ulong)numbers.Length);
                    Array.ForEach(numbers, header.Write);
                    break;
            }
        }

        long offset = 0;
        foreach (var tensor in tensors)
        {
            var held = tensor.IsMatrix ? type : GgmlType.F32;
            WriteString(header, tensor.Name);
            header.Write((uint)tensor.Sizes.Length);
            foreach (var size in tensor.Sizes)
            {
                header.Write((ulong)size);
            }

            header.Write((uint)held);
            header.Write((ulong)offset);
            offset += Aligned(Length(tensor.Sizes.Aggregate(1L, static (product, size) => product * size), held));
        }

        header.Flush();
        Pad(stream);
        foreach (var tensor in tensors)
        {
            stream.Write(Encode(tensor.Values(), tensor.IsMatrix ? type : GgmlType.F32));
            Pad(stream);
        }
    }

    private static IEnumerable<(string Key, object Value)> Metadata(LlamaConfig config) =>
    [
        ("general.architecture", "llama"), ("general.name", "reference"), ("general.alignment", (uint)Alignment),
        ("llama.context_length", (uint)config.ContextLength), ("llama.embedding_length", (uint)config.HiddenSize),
        ("llama.block_count", (uint)config.Layers), ("llama.feed_forward_length", (uint)config.IntermediateSize),
        ("llama.attention.head_count", (uint)config.Heads), ("llama.attention.head_count_kv", (uint)config.KeyValueHeads),
        ("llama.attention.layer_norm_rms_epsilon", LlamaConfig.NormEpsilon), ("llama.rope.dimension_count", (uint)config.HeadSize),
        ("llama.rope.freq_base", (float)LlamaConfig.RopeTheta), ("llama.vocab_size", (uint)config.VocabularySize), ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "gpt-2"), ("tokenizer.ggml.tokens", ReferenceTokenizer.Spellings(config.VocabularySize)),
        ("tokenizer.ggml.token_type", Enumerable.Range(0, config.VocabularySize).Select(static id => id == 0 ? Control : Ordinary).ToArray()),
        ("tokenizer.ggml.merges", (string[])["a b"]), ("tokenizer.ggml.bos_token_id", 0u), ("tokenizer.ggml.eos_token_id", 0u),
    ];

    // Sizes are innermost first; llama.cpp's linear layers are [out, in] with `in` innermost.
    private static IEnumerable<Tensor> Tensors(LlamaConfig config, IReadOnlyDictionary<string, float[]> weights)
    {
        yield return new("token_embd.weight", [config.HiddenSize, config.VocabularySize], () => weights["embedding"]);
        yield return new("output_norm.weight", [config.HiddenSize], () => weights["norm"]);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var (from, to) = ($"layers.{layer}.", $"blk.{layer}.");
            yield return new(to + "attn_norm.weight", [config.HiddenSize], () => weights[from + "attention_norm"]);
            yield return Linear("attn_q", "query", config.HiddenSize, config.Heads * config.HeadSize, config.Heads);
            yield return Linear("attn_k", "key", config.HiddenSize, config.KeyValueHeads * config.HeadSize, config.KeyValueHeads);
            yield return Linear("attn_v", "value", config.HiddenSize, config.KeyValueHeads * config.HeadSize, 0);
            yield return Linear("attn_output", "output", config.Heads * config.HeadSize, config.HiddenSize, 0);
            yield return new(to + "ffn_norm.weight", [config.HiddenSize], () => weights[from + "feed_forward_norm"]);
            yield return Linear("ffn_gate", "gate", config.HiddenSize, config.IntermediateSize, 0);
            yield return Linear("ffn_up", "up", config.HiddenSize, config.IntermediateSize, 0);
            yield return Linear("ffn_down", "down", config.IntermediateSize, config.HiddenSize, 0);

            Tensor Linear(string name, string source, int inputs, int outputs, int rotaryHeads) =>
                new($"{to}{name}.weight", [inputs, outputs], () => Rows(weights[from + source], inputs, outputs, rotaryHeads, config.HeadSize));
        }
    }

    // [in, out] becomes [out, in]; where positions rotate, the halves of a head are interleaved as llama.cpp pairs them.
    private static float[] Rows(float[] weights, int inputs, int outputs, int rotaryHeads, int headSize)
    {
        var rows = new float[weights.Length];
        Parallel.For(0, outputs, output =>
        {
            var (head, place) = (output / headSize, output % headSize);
            var source = rotaryHeads == 0 ? output : (head * headSize) + (place % 2 * (headSize / 2)) + (place / 2);
            for (var input = 0; input < inputs; input++)
            {
                rows[(output * inputs) + input] = weights[(input * outputs) + source];
            }
        });
        return rows;
    }

    private static byte[] Blocks(ReadOnlySpan<float> values, int bytes, Action<ReadOnlySpan<float>, Span<byte>> encode)
    {
        var encoded = new byte[values.Length / Block * bytes];
        for (var at = 0; at < values.Length / Block; at++)
        {
            encode(values.Slice(at * Block, Block), encoded.AsSpan(at * bytes, bytes));
        }

        return encoded;
    }

    private static void Block8(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        float largest = 0;
        foreach (var value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        var scale = largest / 127;
        BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
        for (var at = 0; at < Block && scale > 0; at++)
        {
            bytes[2 + at] = (byte)(sbyte)MathF.Round(values[at] / scale);
        }
    }

    private static void Block4(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        float extreme = 0;
        foreach (var value in values)
        {
            extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
        }

        var scale = extreme / -8;
        BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
        for (var at = 0; at < Block / 2; at++)
        {
            bytes[2 + at] = (byte)(Nibble(values[at]) | (Nibble(values[at + (Block / 2)]) << 4));
        }

        int Nibble(float value) => scale == 0 ? 8 : Math.Clamp((int)((value / scale) + 8.5f), 0, 15);
    }

    private static long Length(long values, GgmlType type) => type switch
    {
        GgmlType.Q8_0 => values / Block * (2 + Block),
        GgmlType.Q4_0 => values / Block * (2 + (Block / 2)),
        _ => values * sizeof(float),
    };

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream) => stream.Write(new byte[Aligned(stream.Position) - stream.Position]);

    private static void WriteString(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private sealed record Tensor(string Name, int[] Sizes, Func<float[]> Values)
    {
        public bool IsMatrix => Sizes.Length == 2;
    }
}
