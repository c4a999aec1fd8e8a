using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAiLab.EndToEnd;

/// <summary>Training as a user starts it.</summary>
public sealed partial class TrainingTests
{
    [Fact]
    public async Task A_smoke_run_ends_with_a_model_that_generates()
    {
        var models = Directory.CreateTempSubdirectory("genailab-smoke-").FullName;
        try
        {
            var (exitCode, output, errors) = await Lab.RunAsync("train", "base", "--smoke", "--models", models);
            Assert.Equal(("", 0), (errors, exitCode));
            var losses = LossFigure().Matches(output).Select(static match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
            Assert.True(losses.Count >= 2 && losses[^1] < 0.8 * losses[0], output);

            var folder = Path.Combine(models, "lab-base-smoke");
            foreach (var file in new[] { "model.onnx", "genai_config.json", "tokenizer.json", "tokenizer_config.json", "training.json", "loss.png", "README.md" })
            {
                Assert.True(File.Exists(Path.Combine(folder, file)), file);
            }

            var (generated, text, _) = await Lab.RunAsync("generate", "The", "--models", models, "--model", "lab-base-smoke", "--max-tokens", "5", "--seed", "1");
            Assert.Equal(0, generated);
            Assert.NotEmpty(text.Trim());
        }
        finally
        {
            Directory.Delete(models, recursive: true);
        }
    }

    [GeneratedRegex(@"  loss ([0-9.]+)")]
    private static partial Regex LossFigure();
}
