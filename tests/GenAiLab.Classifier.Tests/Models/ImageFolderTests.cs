using GenAiLab.Classifier.Tests.Images;
using GenAiLab.Media.Images;
using GenAiLab.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders of encoders for images, as Optimum exports them.</summary>
public sealed class ImageFolderTests
{
    /// <summary>Ways to export them.</summary>
    public static TheoryData<string> Exports => ["free", "fixed", "half pixels", "half logits", "external data"];

    [Theory, MemberData(nameof(Exports))]
    public async Task An_image_gets_what_the_graph_gives_for_its_pixels(string export)
    {
        var shape = ShapeOf(export);
        await using var host = await StartAsync(shape, export == "external data");

        var response = await ClassifyAsync(host, TestImages.Png(32, 32));

        var logits = Reference(shape);
        Assert.Equal((logits.Length, 0), (response.Labels.Count, response.TokenCount));
        Assert.True(response.TokenizeNanoseconds > 0 && response.ModelNanoseconds > 0);
        Assert.Equal(1, response.Labels.Sum(static label => label.Probability), 1e-5);
        Assert.All(response.Labels, label => Assert.Equal(
            logits[shape.Labels.Index().Single(other => other.Item == label.Label).Index], label.Logit, export.StartsWith("half", StringComparison.Ordinal) ? 1e-2 : 1e-5));
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal(
            (ModelState.Ready, Modality.Image, 32, 32, "", 0, true),
            (description.State, description.Modality, description.ImageWidth, description.ImageHeight, description.Vocabulary, description.ContextLength, description.ExclusiveLabels));
    }

    [Fact]
    public async Task Images_of_every_format_and_size_are_classified()
    {
        await using var host = await StartAsync(ShapeOf("free"));
        foreach (var image in TestImages.OfEveryFormat())
        {
            Assert.Equal(3, (await ClassifyAsync(host, image)).Labels.Count);
        }

        // Large ones go one at a time.
        var large = TestImages.Encode(2500, 1700, SKEncodedImageFormat.Png);
        var both = await Task.WhenAll(ClassifyAsync(host, large), ClassifyAsync(host, large));
        Assert.Equal(both[0].Labels, both[1].Labels);
    }

    [Fact]
    public async Task What_the_caller_can_mend_is_named_and_the_next_image_is_classified()
    {
        await using var host = await StartAsync(ShapeOf("free"));
        await AssertInvalid(host, "image", new ClassifyRequest { Model = "encoder", Image = ByteString.Empty });
        await AssertInvalid(host, "image", new ClassifyRequest { Model = "encoder", Image = ByteString.CopyFrom(new byte[4_000_001]) });
        await AssertInvalid(host, "image", new ClassifyRequest { Model = "encoder", Image = ByteString.CopyFromUtf8("no image") });
        await AssertInvalid(host, "image", new ClassifyRequest { Model = "encoder", Image = ByteString.CopyFrom(TestImages.Png(40, 30)[..^60]) });
        await AssertInvalid(host, "text", new ClassifyRequest { Model = "encoder", Text = "a cow" });
        await AssertInvalid(host, "tokens", new ClassifyRequest { Model = "encoder", Tokens = new TokenIds { Ids = { 1 } } });
        await AssertInvalid(host, "input", new ClassifyRequest { Model = "encoder" });
        Assert.Equal(3, (await ClassifyAsync(host, TestImages.Png(40, 30))).Labels.Count);
    }

    private static EncoderShape ShapeOf(string export) => export switch
    {
        "fixed" => new EncoderShape(EncoderKind.Vit) { Batch = 2, Length = 1 },
        "half pixels" => new EncoderShape(EncoderKind.Vit) { HalfPixels = true },
        "half logits" => new EncoderShape(EncoderKind.Vit) { HalfLogits = true },
        _ => new EncoderShape(EncoderKind.Vit),
    };

    private static Task<ClassifierHost> StartAsync(EncoderShape shape, bool externalData = false) =>
        ClassifierHost.StartAsync(models => EncoderFolder.Write(models, "encoder", shape, externalData));

    private static async Task<ClassifyResponse> ClassifyAsync(ClassifierHost host, byte[] image) =>
        await host.Client.ClassifyAsync(new ClassifyRequest { Model = "encoder", Image = ByteString.CopyFrom(image) }, ClassifierHost.Options());

    /// <summary>The logits of the same weights for the made-up picture, its pixels computed by hand: from -1 to 1.</summary>
    private static float[] Reference(EncoderShape shape)
    {
        using var session = new InferenceSession(EncoderGraph.Build(shape with { Batch = null, Length = null, HalfLogits = false, HalfPixels = false }).ToByteArray());
        var pixels = new float[3 * 32 * 32];
        for (var at = 0; at < 32 * 32; at++)
        {
            var (red, green, blue) = TestImages.Pixel(at % 32, at / 32);
            (pixels[at], pixels[at + 1024], pixels[at + 2048]) = ((red / 127.5f) - 1, (green / 127.5f) - 1, (blue / 127.5f) - 1);
        }

        using var value = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, 32, 32]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["pixel_values"], [value], ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static async Task AssertInvalid(ClassifierHost host, string field, ClassifyRequest request)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ClassifyAsync(request, ClassifierHost.Options()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }
}
