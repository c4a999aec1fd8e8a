using System.Text.Json.Nodes;
using GenAiLab.Classifier.Tests.Images;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using JsonObject = System.Text.Json.Nodes.JsonObject;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders of models for films. The logits of the graph are the sums of its frames' numbers, a label for each frame.</summary>
public sealed class FilmFolderTests
{
    private const int Side = 8;
    private const int Frames = 3;

    [Theory]
    [InlineData(Frames, 1, OnnxElementType.Float)]
    [InlineData(null, null, OnnxElementType.Float)]
    [InlineData(Frames, 2, OnnxElementType.Float16)]
    public async Task A_model_sees_frames_evenly_spread_over_the_film(int? frames, int? batch, OnnxElementType type)
    {
        await using var host = await ClassifierHost.StartAsync(models => Write(models, frames: frames, batch: batch, type: type));
        var levels = new byte[] { 10, 60, 110, 160, 210 };

        var response = await ClassifyAsync(host, FilmFile.WriteApng([.. levels.Select(static level => Uniform(level, Side))]));

        var logits = response.Labels.ToDictionary(static label => label.Label, static label => label.Logit);
        Assert.All(new[] { 10, 110, 210 }.Index(), frame => Assert.Equal(((frame.Item / 127.5) - 1) / 10, logits[$"frame {frame.Index}"], 1e-3));
        Assert.Equal(0, response.TokenCount);
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal(
            (ModelState.Ready, Modality.Film, Side, Side, Frames, "", 0),
            (description.State, description.Modality, description.ImageWidth, description.ImageHeight, description.FilmFrames, description.Vocabulary, description.ContextLength));
    }

    [Fact]
    public async Task Films_of_other_sizes_and_GIFs_are_classified()
    {
        await using var host = await ClassifierHost.StartAsync(static models => Write(models));
        var large = FilmFile.WriteApng([.. Enumerable.Repeat(Uniform(200, 1_300), 3)]);
        var both = await Task.WhenAll(ClassifyAsync(host, large), ClassifyAsync(host, large));
        Assert.Equal(both[0].Labels, both[1].Labels);
        byte[] gif = [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B];
        Assert.All((await ClassifyAsync(host, gif)).Labels, static label => Assert.Equal(0.1, label.Logit, 1e-3));
    }

    [Fact]
    public async Task What_the_caller_can_mend_is_named_and_the_next_film_is_classified()
    {
        await using var host = await ClassifierHost.StartAsync(static models => Write(models));
        var film = FilmFile.WriteApng([Uniform(1, Side), Uniform(2, Side)]);
        await AssertInvalid(host, "film", "is empty", new ClassifyRequest { Film = ByteString.Empty });
        await AssertInvalid(host, "film", "still PNG", new ClassifyRequest { Film = ByteString.CopyFrom(TestImages.Png(40, 30)) });
        await AssertInvalid(host, "film", "truncated", new ClassifyRequest { Film = ByteString.CopyFrom(film[..^30]) });
        await AssertInvalid(host, "film", "known format", new ClassifyRequest { Film = ByteString.CopyFromUtf8("a film") });
        await AssertInvalid(host, "image", "takes a film", new ClassifyRequest { Image = ByteString.CopyFrom(TestImages.Png(40, 30)) });
        await AssertInvalid(host, "text", "takes a film", new ClassifyRequest { Text = "a film" });
        await AssertInvalid(host, "input", "takes a film", new ClassifyRequest());
        Assert.Equal(Frames, (await ClassifyAsync(host, film)).Labels.Count);
    }

    [Fact]
    public async Task A_film_for_a_model_of_images_is_refused()
    {
        await using var host = await ClassifierHost.StartAsync(static models => EncoderFolder.Write(models, "encoder", new EncoderShape(EncoderKind.Vit)));
        await AssertInvalid(host, "film", "takes an image", new ClassifyRequest { Film = ByteString.CopyFrom(FilmFile.WriteApng([Uniform(1, Side)])) });
    }

    /// <summary>Folders that cannot be used, and what to mend.</summary>
    public static TheoryData<string, string> Refusals => new()
    {
        { "processor", "VideoMAEImageProcessor" },
        { "size", "frames become 16 by 16 pixels, but the graph takes 8 by 8" },
        { "channels", "[batch, frames, 3, height, width]" },
        { "frames", "num_frames" },
        { "too many", "sees 65 frames" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_folder_that_does_not_fit_is_refused_with_the_reason(string fault, string reason)
    {
        await using var host = await ClassifierHost.StartAsync(models => Write(
            models, fault == "frames" ? null : fault == "too many" ? 65 : Frames, channels: fault == "channels" ? 1 : 3,
            processor: fault == "processor" ? "VivitImageProcessor" : "VideoMAEImageProcessor", size: fault == "size" ? 16 : Side, numFrames: fault != "frames"));
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal(ModelState.Failed, description.State);
        Assert.Contains(reason, description.Failure, StringComparison.Ordinal);
    }

    private static void Write(
        string models, int? frames = Frames, int? batch = 1, OnnxElementType type = OnnxElementType.Float, int channels = 3,
        string processor = "VideoMAEImageProcessor", int size = Side, bool numFrames = true)
    {
        var folder = Directory.CreateDirectory(Path.Combine(models, "film")).FullName;
        var labels = new JsonObject();
        for (var frame = 0; frame < (frames ?? Frames); frame++)
        {
            labels[$"{frame}"] = $"frame {frame}";
        }

        var config = new JsonObject { ["architectures"] = new JsonArray("VideoMAEForVideoClassification"), ["id2label"] = labels };
        if (numFrames)
        {
            config["num_frames"] = frames ?? Frames;
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), new JsonObject
        {
            ["image_processor_type"] = processor,
            ["do_resize"] = true,
            ["size"] = new JsonObject { ["shortest_edge"] = size },
            ["do_center_crop"] = true,
            ["crop_size"] = new JsonObject { ["height"] = size, ["width"] = size },
            ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
            ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        }.ToJsonString());
        var graph = new OnnxGraphBuilder("film");
        graph.Input("pixel_values", type, batch ?? (object)"batch", frames ?? (object)"frames", channels, Side, Side);
        var values = graph.Node("Cast", ["pixel_values"], ("to", (int)OnnxElementType.Float));
        var sums = graph.Node("ReduceSum", [values, graph.Integers(2, 3, 4)], ("keepdims", 0));
        graph.Add("Mul", "", [sums, graph.Scalar(0.1f / (3 * Side * Side))], ["logits"]);
        graph.Output("logits", OnnxElementType.Float, batch ?? (object)"batch", frames ?? (object)"frames");
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), graph.Build().ToByteArray());
    }

    private static Picture Uniform(byte level, int side) => new(side, side, [.. Enumerable.Repeat(level, 3 * side * side)]);

    private static async Task<ClassifyResponse> ClassifyAsync(ClassifierHost host, byte[] film) =>
        await host.Client.ClassifyAsync(new ClassifyRequest { Model = "film", Film = ByteString.CopyFrom(film) }, ClassifierHost.Options());

    private static async Task AssertInvalid(ClassifierHost host, string field, string reason, ClassifyRequest request)
    {
        request.Model = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single().Name;
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ClassifyAsync(request, ClassifierHost.Options()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }
}
