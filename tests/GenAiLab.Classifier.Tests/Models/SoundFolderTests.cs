using System.Text.Json;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders of classifiers for sounds, by Wav2Vec2's convention.</summary>
public sealed class SoundFolderTests
{
    private const int Rate = 8_000;

    // A graph whose logits are the sum of the samples, of their squares, and how many there are or, with a mask, are heard.
    private static readonly string[] Labels = ["sum", "squares", "count"];

    [Theory]
    [InlineData("free", 400, 0.5, 100, 50, 800)]
    [InlineData("free", 1_600, 0.5, 800, 400, 1_600)]
    [InlineData("fixed", 400, 0.5, 200, 100, 1_000)]
    [InlineData("fixed", 4_000, 0.5, 500, 250, 1_000)]
    [InlineData("masked", 400, 0.5, 200, 100, 400)]
    [InlineData("half", 400, 0.5, 200, 100, 1_000)]
    [InlineData("batch", 400, 0.5, 200, 100, 1_000)]
    public async Task A_sound_gets_what_the_graph_gives_for_its_samples(string export, int length, float level, float sum, float squares, float count)
    {
        await using var host = await StartAsync(export);

        var labels = (await ClassifyAsync(host, Constant(length, level))).Labels.ToDictionary(static label => label.Label, static label => label.Logit);

        sum = length * level > 0 && export == "free" ? length * level : sum;
        squares = export == "free" ? length * level * level : squares;
        Assert.Equal([sum, squares, count], Labels.Select(label => labels[label]), static (expected, actual) => Math.Abs(expected - actual) < 0.5);
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal(
            (ModelState.Ready, Modality.Sound, export == "free" || export == "masked" ? 0 : 1_000, Rate),
            (description.State, description.Modality, description.SoundSamples, description.SoundRate));
    }

    [Fact]
    public async Task What_is_sent_at_another_rate_is_resampled()
    {
        await using var host = await StartAsync("free");
        var tone = new Sound([.. Enumerable.Range(0, 44_100).Select(static at => (float)(0.5 * Math.Sin(2 * Math.PI * 440 * at / 44_100)))], 44_100);
        var labels = (await ClassifyAsync(host, WavFile.Write(tone))).Labels.ToDictionary(static label => label.Label, static label => label.Logit);
        Assert.Equal(Rate, labels["count"]);
        Assert.Equal(Rate * 0.125, labels["squares"], 5.0);
    }

    [Fact]
    public async Task A_sound_is_normalised_before_silence_is_added()
    {
        await using var host = await StartAsync("fixed", ("do_normalize", null));
        var sound = new Sound([.. Enumerable.Range(0, 400).Select(static at => at % 2 == 0 ? 0.4f : 0.2f)], Rate);
        var labels = (await ClassifyAsync(host, WavFile.Write(sound))).Labels.ToDictionary(static label => label.Label, static label => label.Logit);
        Assert.Equal(0, labels["sum"], 0.1f);
        Assert.Equal(400, labels["squares"], 0.5f);
    }

    [Fact]
    public async Task What_the_caller_can_mend_is_named_and_the_next_sound_is_classified()
    {
        await using var host = await StartAsync("free");
        var wav = Constant(400, 0.5f);
        await AssertInvalid(host, "sound", "is empty", new ClassifyRequest { Sound = ByteString.Empty });
        await AssertInvalid(host, "sound", "at most 4,000,000", new ClassifyRequest { Sound = ByteString.CopyFrom(new byte[4_000_001]) });
        await AssertInvalid(host, "sound", "WAV is", new ClassifyRequest { Sound = ByteString.CopyFromUtf8("no sound") });
        await AssertInvalid(host, "sound", "is truncated", new ClassifyRequest { Sound = ByteString.CopyFrom(wav[..^7]) });
        await AssertInvalid(host, "sound", "31.0 seconds; at most 30.0", new ClassifyRequest { Sound = ByteString.CopyFrom(Constant(31 * Rate, 0)) });
        await AssertInvalid(host, "image", "takes a sound", new ClassifyRequest { Image = ByteString.CopyFrom(wav) });
        await AssertInvalid(host, "text", "takes a sound", new ClassifyRequest { Text = "seven cats" });
        await AssertInvalid(host, "input", "takes a sound", new ClassifyRequest());
        Assert.Equal(3, (await ClassifyAsync(host, Constant(30 * Rate, 0.1f))).Labels.Count);
    }

    [Theory]
    [InlineData("feature_extractor_type", "ASTFeatureExtractor", "feature_extractor_type must be Wav2Vec2FeatureExtractor")]
    [InlineData("sampling_rate", 300_000, "sampling_rate must be a whole number from 4000 to 192000")]
    [InlineData("sampling_rate", null, "sampling_rate is missing")]
    [InlineData("padding_value", 0.5, "padding_value must be 0")]
    [InlineData("do_ceptral_normalize", true, "do_ceptral_normalize is not supported")]
    [InlineData("feature_size", 80, "feature_size")]
    public async Task What_a_folder_says_wrongly_is_refused_by_its_name(string name, object? value, string reason)
    {
        await using var host = await StartAsync("fixed", (name, value));
        await AssertRefused(host, reason);
    }

    [Theory]
    [InlineData("long", "at most 240,000")]
    [InlineData("spectrogram", "input_values must be a tensor [batch, samples] of floats")]
    [InlineData("more inputs", "and it has other")]
    public async Task A_graph_of_another_kind_is_refused(string export, string reason)
    {
        await using var host = await StartAsync(export);
        await AssertRefused(host, reason);
    }

    private static async Task AssertRefused(ClassifierHost host, string reason)
    {
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal(ModelState.Failed, description.State);
        Assert.Contains(reason, description.Failure, StringComparison.Ordinal);
    }

    private static async Task AssertInvalid(ClassifierHost host, string field, string reason, ClassifyRequest request)
    {
        request.Model = "hears";
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ClassifyAsync(request, ClassifierHost.Options()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        var violation = error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Single();
        Assert.Equal(field, violation.Field);
        Assert.Contains(reason, violation.Description, StringComparison.Ordinal);
    }

    private static byte[] Constant(int length, float level) => WavFile.Write(new Sound([.. Enumerable.Repeat(level, length)], Rate));

    private static async Task<ClassifyResponse> ClassifyAsync(ClassifierHost host, byte[] sound) =>
        await host.Client.ClassifyAsync(new ClassifyRequest { Model = "hears", Sound = ByteString.CopyFrom(sound) }, ClassifierHost.Options());

    private static Task<ClassifierHost> StartAsync(string export, params (string Name, object? Value)[] changes) =>
        ClassifierHost.StartAsync(models => Write(models, export, changes));

    private static void Write(string models, string export, (string Name, object? Value)[] changes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(models, "hears")).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["architectures"] = new[] { "Wav2Vec2ForSequenceClassification" },
            ["id2label"] = Labels.Index().ToDictionary(static label => $"{label.Index}", static label => label.Item),
        }));
        var preprocessor = new Dictionary<string, object?>
        {
            ["feature_extractor_type"] = "Wav2Vec2FeatureExtractor",
            ["feature_size"] = 1,
            ["sampling_rate"] = Rate,
            ["padding_value"] = 0.0,
            ["do_normalize"] = false,
        };
        foreach (var (name, value) in changes)
        {
            preprocessor[name] = value;
        }

        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), JsonSerializer.Serialize(preprocessor));
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), Graph(export).ToByteArray());
    }

    private static ModelProto Graph(string export)
    {
        var graph = new OnnxGraphBuilder("hears");
        var type = export == "half" ? OnnxElementType.Float16 : OnnxElementType.Float;
        object[] shape = export switch
        {
            "free" or "masked" or "more inputs" => ["batch", "samples"],
            "batch" => [2, 1_000],
            "long" => ["batch", 240_001],
            "spectrogram" => ["batch", 100, 128],
            _ => ["batch", 1_000],
        };
        graph.Input("input_values", type, shape);
        var samples = graph.Node("Cast", ["input_values"], ("to", (int)OnnxElementType.Float));
        if (export == "spectrogram")
        {
            samples = graph.Node("ReduceSum", [samples, graph.Integers(2)], ("keepdims", 0));
        }

        if (export == "more inputs")
        {
            graph.Input("other", OnnxElementType.Float, "batch", "samples");
            samples = graph.Node("Add", [samples, "other"]);
        }

        var heard = graph.Node("Add", [graph.Node("Mul", [samples, graph.Scalar(0)]), graph.Scalar(1)]);
        if (export == "masked")
        {
            graph.Input("attention_mask", OnnxElementType.Int64, shape);
            heard = graph.Node("Cast", ["attention_mask"], ("to", (int)OnnxElementType.Float));
        }

        string[] sums = [.. new[] { samples, graph.Node("Mul", [samples, samples]), heard }.Select(value => graph.Node("ReduceSum", [value, graph.Integers(1)], ("keepdims", 1)))];
        graph.Add("Concat", "", sums, ["logits"], ("axis", 1));
        graph.Output("logits", OnnxElementType.Float, export == "batch" ? 2 : "batch", Labels.Length);
        return graph.Build();
    }
}
