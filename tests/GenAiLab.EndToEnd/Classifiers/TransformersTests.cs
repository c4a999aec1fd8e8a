using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Classifier.Tests.Images;
using GenAiLab.Classifier.Tests.Models;
using SkiaSharp;

namespace GenAiLab.EndToEnd.Classifiers;

/// <summary>The same folders classify the same in the lab and in transformers.js.</summary>
public sealed class TransformersTests : IDisposable
{
    private static readonly string Foreign = Path.Combine(Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
    private readonly string _models = Directory.CreateTempSubdirectory("foreign-classifiers-").FullName;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Texts_get_the_same_probabilities()
    {
        Assert.SkipUnless(PublishedTokenizers.AreThere, "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        var bert = new EncoderShape(EncoderKind.Bert) { Vocabulary = PublishedTokenizers.BertSize };
        PublishedTokenizers.WriteBert(EncoderFolder.Write(_models, "bert", bert));
        PublishedTokenizers.WriteBert(EncoderFolder.Write(_models, "distilbert", bert with { Kind = EncoderKind.DistilBert, Seed = 2 }));
        PublishedTokenizers.WriteBert(EncoderFolder.Write(_models, "traits", bert with { Problem = "multi_label_classification", Seed = 4 }));
        PublishedTokenizers.WriteRoberta(EncoderFolder.Write(
            _models, "roberta", new EncoderShape(EncoderKind.Roberta) { Vocabulary = PublishedTokenizers.Gpt2Size, Positions = 66, PadTokenId = 1, Seed = 3 }));
        string[] texts = ["The cow has four legs.", "Which one — “this” or that? Unbelievable, naïve!", "1 2 3\n\n 日本語 🙂"];
        var requests = (from model in new[] { "bert", "distilbert", "roberta", "traits" } from text in texts select ("text-classification", Model: model, Input: text)).ToList();

        var theirs = await ForeignAsync(requests);

        foreach (var ((_, model, text), scores) in requests.Zip(theirs))
        {
            AssertSame(scores, await OursAsync("--model", model, "--", text), 1e-4, $"{model}: {text}");
        }
    }

    [Fact]
    public async Task Images_get_the_same_probabilities()
    {
        var shape = new EncoderShape(EncoderKind.Vit) { Seed = 5 };
        EncoderFolder.Write(_models, "vit", shape);
        EncoderFolder.Write(_models, "clip", shape);
        EncoderFolder.Edit(Path.Combine(_models, "clip"), "preprocessor_config.json", "size", new JsonObject { ["shortest_edge"] = 36 });
        EncoderFolder.Edit(Path.Combine(_models, "clip"), "preprocessor_config.json", "do_center_crop", true);
        EncoderFolder.Edit(Path.Combine(_models, "clip"), "preprocessor_config.json", "crop_size", new JsonObject { ["height"] = 32, ["width"] = 32 });
        EncoderFolder.Edit(Path.Combine(_models, "clip"), "preprocessor_config.json", "resample", 3);
        // As it is, and scaled down by libraries that do not agree with PIL to the last bit.
        (string Model, string File, double Tolerance)[] images =
        [
            ("vit", WriteImage("exact.png", 32, 32, SKEncodedImageFormat.Png), 1e-4),
            ("vit", WriteImage("larger.png", 200, 150, SKEncodedImageFormat.Png), 0.05),
            ("vit", WriteImage("photograph.jpg", 150, 200, SKEncodedImageFormat.Jpeg), 0.05),
            ("clip", WriteImage("wide.webp", 300, 100, SKEncodedImageFormat.Webp), 0.05),
        ];

        var theirs = await ForeignAsync([.. images.Select(static image => ("image-classification", image.Model, image.File))]);

        foreach (var ((model, file, tolerance), scores) in images.Zip(theirs))
        {
            AssertSame(scores, await OursAsync("--model", model, "--image", file), tolerance, $"{model}: {Path.GetFileName(file)}");
        }
    }

    private static void AssertSame(IReadOnlyDictionary<string, double> theirs, Dictionary<string, double> ours, double tolerance, string what)
    {
        TestContext.Current.SendDiagnosticMessage($"{what}: at most {theirs.Max(label => Math.Abs(label.Value - ours[label.Key])):G2} apart");
        Assert.Equal(theirs.Keys.Order(), ours.Keys.Order());
        Assert.All(theirs, label => Assert.True(Math.Abs(label.Value - ours[label.Key]) <= tolerance, $"{what}: {label.Key} is {ours[label.Key]} instead of {label.Value}"));
    }

    private string WriteImage(string name, int width, int height, SKEncodedImageFormat format)
    {
        var file = Path.Combine(_models, name);
        File.WriteAllBytes(file, TestImages.Encode(width, height, format));
        return file;
    }

    /// <summary>What <c>lab classify</c> prints, to the hundredth of a percent.</summary>
    private async Task<Dictionary<string, double>> OursAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await Lab.RunAsync(["classify", "--models", _models, .. arguments]);
        Assert.Equal(("", 0), (errors, exitCode));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(static words => words[0], static words => double.Parse(words[1], CultureInfo.InvariantCulture) / 100);
    }

    private async Task<List<Dictionary<string, double>>> ForeignAsync(IReadOnlyList<(string Task, string Model, string Input)> requests)
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Foreign, "node_modules/@huggingface/transformers")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        var start = new ProcessStartInfo("node") { WorkingDirectory = Foreign };
        start.ArgumentList.Add("classify.mjs");
        start.ArgumentList.Add(_models);
        var lines = requests.Select(static request => JsonSerializer.Serialize(new { task = request.Task, model = request.Model, input = request.Input }) + "\n");
        var (exitCode, output, errors) = await Lab.RunAsync(start, string.Concat(lines));
        Assert.True(exitCode == 0, errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<Dictionary<string, double>>(line)!)];
    }
}
