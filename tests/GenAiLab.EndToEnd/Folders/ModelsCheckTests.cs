namespace GenAiLab.EndToEnd.Folders;

/// <summary><c>lab models check</c>, as it stands in docs/model-folders.md.</summary>
public sealed class ModelsCheckTests
{
    [Fact]
    public async Task A_decoder_is_described_and_measured()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("models", "check", "lab-draft", "--threads", "1");

        Assert.Equal(("", 0), (errors, exitCode));
        foreach (var part in (string[])["onnxruntime-genai", "2 layers", "vocabulary 3,072", "window 256", "shared with the attention kernels", "BPE", "tokens/s", "for 8 streams", "It can be served."])
        {
            Assert.Contains(part, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_classifier_is_described()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("models", "check", "lab-guard");

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Contains("harmful, harmless", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_is_said_with_exit_code_1()
    {
        using var models = new CopiedModels("lab-draft");
        var folder = Path.Combine(models.Root, "lab-draft");
        File.WriteAllText(Path.Combine(folder, "genai_config.json"), (await File.ReadAllTextAsync(Path.Combine(folder, "genai_config.json"), TestContext.Current.CancellationToken)).Replace("\"vocab_size\": 3072", "\"vocab_size\": 3073", StringComparison.Ordinal));

        var (exitCode, output, errors) = await Lab.RunAsync("models", "check", folder);

        Assert.Equal(("", 1), (errors, exitCode));
        Assert.Contains("wrong       model.onnx: 'logits' has 3072 numbers a token, but model.vocab_size of genai_config.json is 3073", output, StringComparison.Ordinal);
        Assert.Contains("It cannot be served.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch", "there is no folder 'nosuch'")]
    public async Task A_folder_that_is_not_there_is_named(string model, string message)
    {
        var (exitCode, _, errors) = await Lab.RunAsync("models", "check", model);

        Assert.Equal(1, exitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }
}
