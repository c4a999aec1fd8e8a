using GenAiLab.Models.Folders;
using GenAiLab.Models.Quantization;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Tests;

/// <summary>A folder that was quantised once serves as one that is quantised at load.</summary>
public sealed class QuantizedFolderTests
{
    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int8Dynamic)]
    [InlineData(WeightFormat.Int4)]
    public async Task ItServesTheSameTokensAsTheModelQuantisedAtLoad(WeightFormat format)
    {
        await using var written = await DecoderHost.StartAsync(root =>
        {
            var source = TinyModel.Write(Directory.CreateTempSubdirectory("source-").FullName, "source");
            File.WriteAllText(Path.Combine(source, "tokenizer.json"), "{}");
            Assert.True(QuantizedFolder.Write(source, Path.Combine(root, "tiny"), format, replace: false) > 0);
            Directory.Delete(Path.GetDirectoryName(source)!, recursive: true);
        });
        await using var loaded = await DecoderHost.StartAsync(settings: ("Decoder:WeightFormat", format.Name()));
        var description = (await written.Client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options)).Decoders.Single();
        Assert.Equal((format.Name(), "tiny"), (description.WeightFormat, description.Vocabulary));
        var request = new GenerateTokensRequest { Prompt = DecoderHost.Ids(4, 8, 15), Sampling = new SamplingProgram { Seed = 3 }, MaxTokens = 20, IgnoreEndOfSequence = true };
        Assert.Equal(
            (await loaded.GenerateAsync(request)).Select(static response => response.Token),
            (await written.GenerateAsync(request)).Select(static response => response.Token));
    }

    [Fact]
    public void AFolderThatIsThereIsReplacedOnlyWhenAskedAndNothingIsLeftBeside()
    {
        var root = Directory.CreateTempSubdirectory("quantised-").FullName;
        try
        {
            var source = TinyModel.Write(root, "source");
            var target = Path.Combine(root, "target");
            QuantizedFolder.Write(source, target, WeightFormat.Int8, replace: false);
            var first = File.ReadAllBytes(Path.Combine(target, "model.onnx"));
            Assert.Throws<IOException>(() => QuantizedFolder.Write(source, target, WeightFormat.Int4, replace: false));
            Assert.Equal(first, File.ReadAllBytes(Path.Combine(target, "model.onnx")));
            QuantizedFolder.Write(source, target, WeightFormat.Int4, replace: true);
            Assert.NotEqual(first, File.ReadAllBytes(Path.Combine(target, "model.onnx")));
            Assert.Contains("int4", File.ReadAllText(Path.Combine(target, "README.md")), StringComparison.Ordinal);
            Assert.Equal(["source", "target"], Directory.EnumerateFileSystemEntries(root).Select(Path.GetFileName).Order());
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void ABrokenSourceLeavesNothingBehind()
    {
        var root = Directory.CreateTempSubdirectory("quantised-").FullName;
        try
        {
            var source = TinyModel.Write(root, "source");
            File.WriteAllBytes(Path.Combine(source, "model.onnx"), [1, 2, 3]);
            Assert.Throws<ModelFolderException>(() => QuantizedFolder.Write(source, Path.Combine(root, "target"), WeightFormat.Int8, replace: false));
            Assert.Throws<ModelFolderException>(() => QuantizedFolder.Write(source, Path.Combine(root, "target"), WeightFormat.Int8PerRow, replace: false));
            Assert.Equal(["source"], Directory.EnumerateFileSystemEntries(root).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
