using System.Text;
using System.Text.Json.Nodes;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders of encoders for text, as Optimum exports them.</summary>
public sealed class TextFolderTests
{
    private const string Text = "a cow has four legs";

    /// <summary>Kinds of encoders and ways to export them.</summary>
    public static TheoryData<string> Exports => [
        "bert", "distilbert", "roberta", "half logits", "narrow ids", "fixed batch", "fixed length", "no mask", "external data", "onnx folder"];

    [Theory, MemberData(nameof(Exports))]
    public async Task A_text_gets_what_the_graph_gives_for_it_with_its_special_tokens(string export)
    {
        var shape = ShapeOf(export);
        await using var host = await StartAsync(shape, export);

        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Model = "encoder", Text = Text }, ClassifierHost.Options());

        var ids = ByteTokenizer.Encode(Text, addSpecialTokens: true);
        Assert.True(host.Tokenizer.Last!.AddSpecialTokens);
        var expected = Reference(shape, ids);
        AssertSame(expected, response, shape, exclusive: true, shape.HalfLogits ? 1e-2 : 1e-5);
        Assert.Equal(ids.Length, response.TokenCount);
        var byIds = await host.Client.ClassifyAsync(
            new ClassifyRequest { Model = "encoder", Tokens = new TokenIds { Ids = { ids } } }, ClassifierHost.Options());
        Assert.Equal(response.Labels, byIds.Labels);
    }

    [Fact]
    public async Task Weights_that_are_overwritten_or_cut_off_while_they_serve_change_no_answer()
    {
        var (shape, root) = (ShapeOf("external data"), "");
        await using var host = await ClassifierHost.StartAsync(models => Write(root = models, shape, "external data"));
        host.Tokenizer.Names.Add("encoder");
        var request = new ClassifyRequest { Model = "encoder", Text = Text };
        var before = await host.Client.ClassifyAsync(request, ClassifierHost.Options());

        using (var weights = File.OpenWrite(Directory.GetFiles(root, "*_data", SearchOption.AllDirectories).Single()))
        {
            weights.Write(new byte[weights.Length]);
            weights.Flush();
            Assert.Equal(before.Labels, (await host.Client.ClassifyAsync(request, ClassifierHost.Options())).Labels);
            weights.SetLength(0);
        }

        Assert.Equal(before.Labels, (await host.Client.ClassifyAsync(request, ClassifierHost.Options())).Labels);
    }

    [Theory]
    [InlineData("bert", 64, 0, 64)]
    [InlineData("distilbert", 64, 0, 64)]
    [InlineData("roberta", 66, 1, 64)]
    [InlineData("fixed length", 64, 0, 48)]
    public async Task As_many_tokens_are_taken_as_the_graph_has_positions(string export, int positions, int padding, int context)
    {
        var shape = ShapeOf(export) with { Positions = positions, PadTokenId = padding };
        await using var host = await StartAsync(shape);

        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.Equal((ModelState.Ready, context, Modality.Text, "encoder", true), (description.State, description.ContextLength, description.Modality, description.Vocabulary, description.ExclusiveLabels));
        var longest = new ClassifyRequest { Model = "encoder", Text = new string('a', context - 2) };
        Assert.Equal(context, (await host.Client.ClassifyAsync(longest, ClassifierHost.Options())).TokenCount);
        longest.Text += "a";
        await AssertInvalid(host, longest, "text");
    }

    [Fact]
    public async Task Labels_that_do_not_exclude_each_other_have_probabilities_of_their_own()
    {
        var shape = ShapeOf("bert") with { Problem = "multi_label_classification" };
        await using var host = await StartAsync(shape);

        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Model = "encoder", Text = Text }, ClassifierHost.Options());

        AssertSame(Reference(shape, ByteTokenizer.Encode(Text, true)), response, shape, exclusive: false, 1e-5);
        var description = (await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options())).Classifiers.Single();
        Assert.False(description.ExclusiveLabels);
    }

    [Fact]
    public async Task Two_labels_without_names_have_transformers_own()
    {
        var shape = ShapeOf("bert") with { Labels = ["no", "yes"] };
        await using var host = await ClassifierHost.StartAsync(models => EncoderFolder.Edit(Write(models, shape), "config.json", "id2label", null));
        host.Tokenizer.Names.Add("encoder");
        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Model = "encoder", Text = Text }, ClassifierHost.Options());
        Assert.Equal(["LABEL_0", "LABEL_1"], response.Labels.Select(static label => label.Label).Order());
    }

    [Fact]
    public async Task An_image_is_refused_by_its_field()
    {
        await using var host = await StartAsync(ShapeOf("bert"));
        await AssertInvalid(host, new ClassifyRequest { Model = "encoder", Image = Google.Protobuf.ByteString.CopyFromUtf8("x") }, "image");
    }

    private static EncoderShape ShapeOf(string export) => export switch
    {
        "distilbert" => new EncoderShape(EncoderKind.DistilBert),
        "roberta" => new EncoderShape(EncoderKind.Roberta) { Positions = 66, PadTokenId = 1 },
        "half logits" => new EncoderShape(EncoderKind.Bert) { HalfLogits = true },
        "narrow ids" => new EncoderShape(EncoderKind.Bert) { NarrowIds = true },
        "fixed batch" => new EncoderShape(EncoderKind.Bert) { Batch = 4 },
        "fixed length" => new EncoderShape(EncoderKind.Bert) { Batch = 2, Length = 48 },
        "no mask" => new EncoderShape(EncoderKind.DistilBert) { Mask = false },
        _ => new EncoderShape(EncoderKind.Bert),
    };

    private static async Task<ClassifierHost> StartAsync(EncoderShape shape, string export = "")
    {
        var host = await ClassifierHost.StartAsync(models => Write(models, shape, export));
        host.Tokenizer.Names.Add("encoder");
        return host;
    }

    private static string Write(string models, EncoderShape shape, string export = "")
    {
        var folder = EncoderFolder.Write(models, "encoder", shape, export is "external data" or "onnx folder");
        if (export == "onnx folder")
        {
            // As transformers.js has it.
            var inner = Directory.CreateDirectory(Path.Combine(folder, "onnx")).FullName;
            File.Move(Path.Combine(folder, "model.onnx"), Path.Combine(inner, "model_fp16.onnx"));
            File.Move(Path.Combine(folder, "model.onnx_data"), Path.Combine(inner, "model.onnx_data"));
        }

        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TinyClassifier.TokenizerJson);
        return folder;
    }

    /// <summary>The logits of the same weights in a graph of free dimensions, fed by hand.</summary>
    private static float[] Reference(EncoderShape shape, int[] ids)
    {
        var model = EncoderGraph.Build(shape with { Batch = null, Length = null, HalfLogits = false, NarrowIds = false });
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(model));
        var values = session.InputMetadata.Keys.ToDictionary(static name => name, name => OrtValue.CreateTensorValueFromMemory(
            name switch
            {
                "input_ids" => [.. ids.Select(static id => (long)id)],
                "attention_mask" => [.. ids.Select(static _ => 1L)],
                _ => new long[ids.Length],
            },
            [1, ids.Length]));
        using var run = new RunOptions();
        using var outputs = session.Run(run, values, ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static void AssertSame(float[] logits, ClassifyResponse response, EncoderShape shape, bool exclusive, double tolerance)
    {
        var weights = logits.Select(static logit => Math.Exp(logit)).ToArray();
        double[] probabilities = [.. weights.Select(weight => weight / (exclusive ? weights.Sum() : 1 + weight))];
        Assert.Equal(logits.Length, response.Labels.Count);
        Assert.Equal(response.Labels.Select(static label => label.Probability).OrderDescending(), response.Labels.Select(static label => label.Probability));
        foreach (var label in response.Labels)
        {
            var index = shape.Labels.Index().Single(other => other.Item == label.Label).Index;
            Assert.Equal(logits[index], label.Logit, tolerance);
            Assert.Equal(probabilities[index], label.Probability, tolerance);
        }
    }

    private static async Task AssertInvalid(ClassifierHost host, ClassifyRequest request, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ClassifyAsync(request, ClassifierHost.Options()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }
}
