using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using GenAiLab.Decoder.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Tests;

/// <summary>Keys and values of 16 and of 8 bits, and on a GPU: the same streams, parted, in company, copied and exchanged, give nearly the same logits.</summary>
public sealed class CachePlaceTests : IDisposable
{
    private const int Slots = 6;
    private readonly string _root = Directory.CreateTempSubdirectory("genailab-places-").FullName;

    [Fact]
    public void ACacheOf16BitsTakesHalfTheMemory()
    {
        using var exact = Load(new DecoderOptions());
        using var half = Load(new DecoderOptions { CacheFormat = "fp16" });
        Assert.Equal(exact.CacheBytes, 2 * half.CacheBytes);
        Assert.InRange(Difference(exact, half), 1e-7, 0.01);
    }

    [Fact]
    public void ACacheOfBytesTakesAQuarterOfTheMemory()
    {
        using var exact = Load(new DecoderOptions());
        using var bytes = Load(new DecoderOptions { CacheFormat = "int8" });
        Assert.Equal(exact.CacheBytes, 4 * bytes.CacheBytes);
        Assert.InRange(Difference(exact, bytes), 1e-5, 0.1);
    }

    // What the scales were taken from are short texts: keys at the end of a long window are turned further.
    [Fact]
    public void ACacheOfBytesHoldsALongText()
    {
        using var exact = Load(new DecoderOptions());
        using var bytes = Load(new DecoderOptions { CacheFormat = "int8" });
        var random = new Random(7);
        int[] text = [.. Enumerable.Range(0, exact.Config.ContextLength).Select(_ => random.Next(exact.Config.VocabularySize))];
        List<float> left = [], right = [];
        for (var at = 0; at < text.Length; at++)
        {
            left.AddRange(exact.Decode(0, text.AsSpan(at, 1), [at]));
            right.AddRange(bytes.Decode(0, text.AsSpan(at, 1), [at]));
        }

        Assert.InRange(Difference([.. left], [.. right]), 1e-5, 0.1);
    }

    [Fact]
    public async Task ASlotOfTheServiceTakesHalfTheMemory()
    {
        await using var exact = await DecoderHost.StartAsync();
        await using var half = await DecoderHost.StartAsync(settings: ("Decoder:CacheFormat", "fp16"));
        Assert.Equal(await SlotBytesAsync(exact), 2 * await SlotBytesAsync(half));

        static async Task<long> SlotBytesAsync(DecoderHost host) =>
            (await host.Client.ListDecodersAsync(new V1.ListDecodersRequest(), DecoderHost.Options)).Decoders.Single().SlotBytes;
    }

    [Theory]
    [InlineData("fp32", false, 0.01)]
    [InlineData("fp32", true, 0.01)]
    [InlineData("fp16", true, 0.01)]
    [InlineData("int8", true, 0.15)]
    [InlineData("int4", true, 2)]
    public void AGpuSaysNearlyWhatAProcessorSays(string format, bool captures, double tolerance)
    {
        Assert.SkipUnless(
            OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider") && NativeLibrary.TryLoad("libcuda.so.1", out _),
            "needs an NVIDIA GPU and a build with -p:OnnxRuntime=Gpu");
        using var exact = Load(new DecoderOptions());
        using var gpu = Load(new DecoderOptions { ExecutionProvider = DecoderOptions.Cuda, WeightFormat = format, CapturesSteps = captures });
        Assert.InRange(Difference(exact, gpu), 1e-7, tolerance);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private DecoderGraph Load(DecoderOptions options)
    {
        options.Slots = Slots;
        options.PrefillChunk = 16;
        return DecoderGraphLoading.Load(TinyModel.Write(_root, "tiny"), options, 1L << 30);
    }

    // Of the logits' own size, over all of a seeded course of runs.
    private static double Difference(DecoderGraph exact, DecoderGraph other) => Difference(Run(exact), Run(other));

    private static double Difference(float[] left, float[] right)
    {
        var differences = new float[left.Length];
        TensorPrimitives.Subtract(left, right, differences);
        return TensorPrimitives.Norm<float>(differences) / TensorPrimitives.Norm<float>(left);
    }

    private static float[] Run(DecoderGraph graph)
    {
        List<float> logits = [];
        var random = new Random(5);
        var lengths = new int[Slots];
        for (var slot = 0; slot < Slots; slot++)
        {
            Prefill(slot, 3 + slot);
            Prefill(slot, 1 + (2 * slot));
        }

        // Often enough that a captured step is run again, with other tokens at other places.
        for (var round = 0; round < 4; round++)
        {
            Decode(0, Slots);
            Decode(2, 3);
        }

        graph.Copy(5, 1, lengths[1] = lengths[5]);
        graph.Swap(0, 4, Math.Max(lengths[0], lengths[4]));
        (lengths[0], lengths[4]) = (lengths[4], lengths[0]);
        Decode(0, Slots);
        Decode(2, 3);
        Decode(0, 1);
        // A stream goes back, as after speculation that was refused.
        lengths[3] -= 4;
        Prefill(3, 2);
        Decode(1, 4);
        return [.. logits];

        void Prefill(int slot, int count)
        {
            logits.AddRange(graph.Prefill(slot, lengths[slot], Tokens(count), 2 > count ? 1 : 2));
            lengths[slot] += count;
        }

        void Decode(int first, int width)
        {
            logits.AddRange(graph.Decode(first, Tokens(width), lengths.AsSpan(first, width)));
            for (var at = first; at < first + width; at++)
            {
                lengths[at]++;
            }
        }

        int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(TinyModel.Config.VocabularySize))];
    }
}
