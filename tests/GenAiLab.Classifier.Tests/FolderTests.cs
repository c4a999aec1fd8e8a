using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Classifier.Tests;

public sealed class FolderTests
{
    /// <summary>How a folder is broken, and the file that the reason must name.</summary>
    public static TheoryData<string, string> Damages => new()
    {
        { "truncated config", "config.json" },
        { "array config", "config.json" },
        { "no context", "config.json" },
        { "huge context", "config.json" },
        { "fractional vocabulary", "config.json" },
        { "label gap", "config.json" },
        { "no labels", "config.json" },
        { "too few labels", "model.onnx" },
        { "no graph", "model.onnx" },
        { "truncated graph", "model.onnx" },
        { "junk graph", "model.onnx" },
        { "small table", "model.onnx" },
        { "terabytes of nothing", "model.onnx" },
        { "a weight of terabytes", "model.onnx" },
        { "a loop without end", "model.onnx" },
        { "not finite", "model.onnx" },
        { "no vocabulary", "tokenizer.json" },
    };

    [Theory, MemberData(nameof(Damages))]
    public async Task A_broken_folder_is_refused_by_the_files_name_and_the_rest_is_served(string damage, string file)
    {
        await using var host = await ClassifierHost.StartAsync(models =>
        {
            TinyClassifier.Write(models);
            Break(models, damage);
        });
        Assert.True(host.Readiness.IsReady);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Client.ClassifyAsync(new ClassifyRequest { Model = "broken", Tokens = new TokenIds { Ids = { 1 } } }, ClassifierHost.Options()));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(file, error.Status.Detail);
        Assert.DoesNotContain(Path.GetTempPath(), error.Status.Detail);

        var list = await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options());
        Assert.Equal([("broken", ModelState.Failed), ("lab-topics", ModelState.Ready)], list.Classifiers.Select(static model => (model.Name, model.State)));
        Assert.StartsWith(file, list.Classifiers[0].Failure);
        Assert.Equal(TinyClassifier.Labels, list.Classifiers[1].Labels);
        Assert.Equal((TinyClassifier.Context, "lab-topics"), (list.Classifiers[1].ContextLength, list.DefaultClassifier));
    }

    [Fact]
    public async Task A_folder_that_is_being_written_is_no_classifier()
    {
        await using var host = await ClassifierHost.StartAsync(static models =>
        {
            TinyClassifier.Write(models);
            Directory.Move(Path.Combine(models, "lab-topics"), Path.Combine(models, ".lab-topics.0123456789abcdef0123456789abcdef"));
            TinyClassifier.Write(models);
        });
        var list = await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options());
        Assert.Equal(["lab-topics"], list.Classifiers.Select(static model => model.Name));
    }

    [Fact]
    public async Task It_is_not_serving_until_a_model_is_loaded()
    {
        await using var host = ClassifierHost.StartUnloaded(static models => TinyClassifier.Write(models));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await StatusAsync(host));
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Client.ClassifyAsync(new ClassifyRequest { Text = "a" }, ClassifierHost.Options()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        await host.LoadAsync();
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await StatusAsync(host));
        await host.Client.ClassifyAsync(new ClassifyRequest { Text = "a" }, ClassifierHost.Options());
    }

    [Fact]
    public async Task Without_a_usable_classifier_it_stays_not_serving_with_a_reason()
    {
        await using var host = await ClassifierHost.StartAsync(static models => Break(models, "no graph"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await StatusAsync(host));
        Assert.Contains("model.onnx", host.Readiness.Obstacle);
    }

    [Fact]
    public async Task A_folder_of_another_kind_is_not_listed()
    {
        await using var host = await ClassifierHost.StartAsync(static models =>
        {
            var decoder = TinyClassifier.Write(models, "decoder");
            File.WriteAllText(Path.Combine(decoder, "genai_config.json"), "{}");
            var other = TinyClassifier.Write(models, "other");
            File.WriteAllText(Path.Combine(other, "config.json"), "{ \"model_type\": \"llama\" }");
        });
        var list = await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options());
        Assert.Empty(list.Classifiers);
        Assert.Contains("id2label", host.Readiness.Obstacle);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> StatusAsync(ClassifierHost host) =>
        (await host.Health.CheckAsync(new HealthCheckRequest(), ClassifierHost.Options())).Status;

    private static void Break(string models, string damage)
    {
        var folder = TinyClassifier.Write(
            models, "broken", rows: damage == "small table" ? 100 : TinyClassifier.Vocabulary, scale: damage == "not finite" ? float.NaN : 1);
        var (configFile, graphFile) = (Path.Combine(folder, "config.json"), Path.Combine(folder, "model.onnx"));
        var config = TinyClassifier.Config();
        switch (damage)
        {
            case "truncated config":
                File.WriteAllText(configFile, File.ReadAllText(configFile)[..^5]);
                return;
            case "array config":
                File.WriteAllText(configFile, "[]");
                return;
            case "no context":
                config.Remove("max_position_embeddings");
                break;
            case "huge context":
                config["max_position_embeddings"] = long.MaxValue;
                break;
            case "fractional vocabulary":
                config["vocab_size"] = 256.5;
                break;
            case "label gap":
                config["id2label"] = new Dictionary<string, string> { ["0"] = "a", ["1"] = "b", ["3"] = "c" };
                break;
            case "no labels":
                config["id2label"] = new Dictionary<string, string>();
                break;
            case "too few labels":
                config["id2label"] = new Dictionary<string, string> { ["0"] = "a", ["1"] = "b" };
                break;
            case "no graph":
                File.Delete(graphFile);
                return;
            case "truncated graph":
                File.WriteAllBytes(graphFile, File.ReadAllBytes(graphFile)[..^40]);
                return;
            case "junk graph":
                File.WriteAllText(graphFile, "not a graph");
                return;
            case "terabytes of nothing":
                Change(graphFile, static graph => AddConstant(graph, "shape", 1L << 20, 1L << 20).Node.Add(
                    new NodeProto { OpType = "ConstantOfShape", Name = "nothing", Input = { "shape" }, Output = { "nothing" } }));
                return;
            case "a weight of terabytes":
                Change(graphFile, static graph => graph.Initializer.Single(static tensor => tensor.Name == "table").Dims[0] = 1L << 40);
                return;
            case "a loop without end":
                Change(graphFile, static graph => graph.Node.Add(new NodeProto { OpType = "Loop", Name = "loop", Input = { "", "" }, Output = { "out" } }));
                return;
            case "no vocabulary":
                File.Delete(Path.Combine(folder, "tokenizer.json"));
                return;
        }

        TinyClassifier.WriteConfig(folder, config);
    }

    private static void Change(string graphFile, Action<GraphProto> change)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(graphFile));
        change(model.Graph);
        File.WriteAllBytes(graphFile, model.ToByteArray());
    }

    private static GraphProto AddConstant(GraphProto graph, string name, params long[] values)
    {
        graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)OnnxElementType.Int64, Dims = { values.Length }, RawData = OnnxGraphBuilder.RawIntegers(values) });
        return graph;
    }
}
