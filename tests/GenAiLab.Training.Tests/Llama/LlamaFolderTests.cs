using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Training.Tests.Llama;

/// <summary>Weights come back from a folder as they went in, and from no other folder.</summary>
public sealed class LlamaFolderTests
{
    [Theory]
    [InlineData(4, 2)]
    [InlineData(2, 2)]
    public void What_was_written_is_read_back_bit_for_bit(int heads, int keyValueHeads)
    {
        using var folder = new TemporaryFolder();
        var config = new LlamaConfig(40, 32, 3, heads, keyValueHeads, 16, 48, 64);
        var random = new Random(5);
        var weights = config.Parameters().ToDictionary(
            static item => item.Name, item => Enumerable.Range(0, item.Length).Select(_ => random.NextSingle()).ToArray());
        Write(folder.Path, config, weights);

        var read = LlamaFolder.Read(folder.Path);

        Assert.Equal(config, read.Config);
        Assert.Equal(weights, read.Weights);
    }

    [Fact]
    public void Foreign_changed_and_damaged_graphs_are_refused()
    {
        using var folder = new TemporaryFolder();
        var model = TinyChat.Model();
        var path = Path.Combine(folder.Path, "model.onnx");

        Write(folder.Path, model.Config, model.Weights);
        Change(graph => graph.Graph.Node.First(static node => node.OpType == "QuickGelu").OpType = "Relu");
        Refused("this lab");

        Write(folder.Path, model.Config, model.Weights);
        Change(graph => graph.Graph.Initializer.First(static tensor => tensor.Name == "norm").Dims[0] = 1 << 30);
        Refused("this lab");

        Write(folder.Path, model.Config, model.Weights);
        Change(graph => graph.Graph.Initializer.Remove(graph.Graph.Initializer.First(static tensor => tensor.Name.EndsWith("query_key_value", StringComparison.Ordinal))));
        Refused("this lab");

        File.WriteAllBytes(path, File.ReadAllBytes(path)[..1000]);
        Refused("not an ONNX graph");

        File.Delete(path);
        Refused("missing");

        void Change(Action<ModelProto> change)
        {
            var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            change(graph);
            File.WriteAllBytes(path, graph.ToByteArray());
        }

        void Refused(string reason)
        {
            var error = Assert.Throws<ModelFolderException>(() => LlamaFolder.Read(folder.Path));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(folder.Path, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Write(string folder, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights)
    {
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), LlamaServingGraph.Build(config, weights).ToByteArray());
        File.WriteAllText(
            Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(Training.Serving.DecoderFolder.Configuration(config, 0, 0)));
    }
}
