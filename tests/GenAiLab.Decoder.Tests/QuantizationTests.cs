using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Quantization;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests;

/// <summary>Weights of few bits: near to the whole ones, and as independent of company as they claim.</summary>
public sealed class QuantizationTests
{
    [Theory]
    [InlineData("fp16", 0.01f, Determinism.Batched)]
    [InlineData("int8", 0.15f, Determinism.Batched)]
    [InlineData("int8-row", 0.15f, Determinism.Batched)]
    [InlineData("int8-dynamic", 0.3f, Determinism.Single)]
    [InlineData("int4", 2f, Determinism.Batched)]
    public async Task AModelIsQuantisedAtLoad(string format, float tolerance, Determinism determinism)
    {
        await using var exact = await DecoderHost.StartAsync();
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:WeightFormat", format));
        var description = (await host.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        // Without AVX-512 the decoder found, when it loaded, that four bits are not independent of company, and says so.
        determinism = format == "int4" && X86Base.IsSupported && !Avx512F.IsSupported ? Determinism.Single : determinism;
        Assert.Equal((format, determinism), (description.WeightFormat, description.Determinism));
        var (expected, actual) = (await LogitsAsync(exact), await LogitsAsync(host));
        var scale = MathF.Sqrt(expected.Average(static value => value * value));
        var error = MathF.Sqrt(expected.Zip(actual).Average(static pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
        Assert.InRange(error / scale, 1e-6f, tolerance);
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("int8-row")]
    [InlineData("int8-dynamic")]
    public async Task AStreamAmongOthersIsTheSameAsAlone(string format)
    {
        await using var host = await DecoderHost.StartAsync(settings: [("Decoder:WeightFormat", format), ("Decoder:Slots", "7")]);
        var requests = Enumerable.Range(0, 12).Select(static at => new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Enumerable.Range(at, 1 + (3 * at)).Select(static id => id % 96)),
            Sampling = new SamplingProgram { Seed = (ulong)at, Temperature = 1.5f },
            Alternatives = 3,
            IgnoreEndOfSequence = true,
        }).ToList();
        var alone = new List<List<SampledToken>>();
        foreach (var request in requests)
        {
            alone.Add([.. (await host.GenerateAsync(request)).Select(static response => response.Token)]);
        }

        var together = await Task.WhenAll(requests.Select(host.GenerateAsync));
        Assert.All(together.Zip(alone), static pair => Assert.Equal(pair.Second, pair.First.Select(static response => response.Token)));
    }

    [Fact]
    public void AGraphWithoutFloatWeightsIsRefused()
    {
        var model = TinyModel.Graph();
        Assert.True(WeightQuantization.Apply(model, ".", WeightFormat.Int8) > 10);
        Assert.Throws<ModelFolderException>(() => WeightQuantization.Apply(model, ".", WeightFormat.Int8));
    }

    [Fact]
    public void AWeightThatIsNotAsLongAsItsShapeIsRefused()
    {
        var model = TinyModel.Graph();
        var weight = model.Graph.Initializer.First(static tensor => tensor.Dims.Count == 2 && tensor.Name.EndsWith("gate", StringComparison.Ordinal));
        weight.RawData = ByteString.CopyFrom(weight.RawData.Span[..^4]);
        var error = Assert.Throws<ModelFolderException>(() => WeightQuantization.Apply(model, ".", WeightFormat.Int4));
        Assert.Contains("not as long", error.Message);
    }

    [Fact]
    public void ZeroRowsStayZero()
    {
        var matrix = QuantizedMatrix.Blockwise(new float[64], 2, 32, 8, 32);
        Assert.All(matrix.Scales, static scale => Assert.Equal(0, scale));
        Assert.All(QuantizedMatrix.Columnwise(new float[64], 2, 32).Values, static value => Assert.Equal(0, value));
    }

    private static async Task<float[]> LogitsAsync(DecoderHost host)
    {
        using var call = host.Client.Step(DecoderHost.Options);
        var response = await DecoderHost.ExchangeAsync(call, DecoderHost.Open([4, 8, 15, 16, 23, 42]));
        return MemoryMarshal.Cast<byte, float>(response.Distribution.AllLogits.Span).ToArray();
    }
}
