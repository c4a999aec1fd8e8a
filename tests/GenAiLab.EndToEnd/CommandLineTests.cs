namespace GenAiLab.EndToEnd;

/// <summary>The commands of the README, typed as they stand there.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task The_capital_of_France_is_Paris()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("generate", "The capital of France is", "--max-tokens", "2", "--temperature", "0");

        Assert.Equal("", errors);
        Assert.Equal(" Paris.\n", output);
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("step")]
    [InlineData("pushdown")]
    public async Task A_trace_shows_the_loop(string mode)
    {
        var (exitCode, output, _) = await Lab.RunAsync(
            "generate", "The capital of France is", "--max-tokens", "2", "--temperature", "0", "--trace", "--mode", mode);

        Assert.Equal(0, exitCode);
        Assert.Contains("\" capital\" \" of\" \" France\" \" is\"", output, StringComparison.Ordinal);
        Assert.Matches("prompt \\(\\d+ tokens\\) +→ model → \" Paris\"", output);
        Assert.Matches("\" Paris\" +→ model → \"\\.\"", output);
        Assert.Contains("prefill", output, StringComparison.Ordinal);
        Assert.Contains("decode", output, StringComparison.Ordinal);
        Assert.Contains($"{mode} mode", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_gives_the_same_text_in_both_loop_modes()
    {
        var texts = new List<string>();
        foreach (var mode in new[] { "step", "pushdown", "pushdown" })
        {
            var (exitCode, output, errors) = await Lab.RunAsync(
                "generate", "One day", "--max-tokens", "40", "--seed", "7", "--mode", mode);
            Assert.Equal(("", 0), (errors, exitCode));
            texts.Add(output);
        }

        Assert.True(texts[0].Length > 40, texts[0]);
        Assert.Single(texts.Distinct());
    }

    [Fact]
    public async Task Guesses_change_no_text_and_a_beam_finds_one()
    {
        const string Prompt = "The capital of France is Paris. The capital of France is";
        var (_, plain, _) = await Lab.RunAsync("generate", Prompt, "--max-tokens", "20", "--temperature", "0");
        var (exitCode, guessed, errors) = await Lab.RunAsync("generate", Prompt, "--max-tokens", "20", "--temperature", "0", "--speculate", "ngram");
        Assert.Equal((plain, "", 0), (guessed, errors, exitCode));

        (exitCode, var output, errors) = await Lab.RunAsync("generate", "The capital of France is", "--max-tokens", "2", "--beams", "3");
        Assert.Equal((" Paris.\n", "", 0), (output, errors, exitCode));

        (exitCode, _, errors) = await Lab.RunAsync("generate", "One day", "--beams", "3", "--speculate", "ngram");
        Assert.Equal(1, exitCode);
        Assert.Contains("contradicts", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sentence_about_a_cow_is_about_animals()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("classify", "The cow has four legs.");

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.StartsWith("animals", output, StringComparison.Ordinal);
        Assert.Contains("geography", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classifiers_are_listed_with_what_they_take_and_an_image_is_not_for_all_of_them()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("classify", "--list");
        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Matches("(?m)^lab-reward +text +256 tokens, a score$", output);
        Assert.Matches("(?m)^lab-topics +text +128 tokens, 8 labels, the default$", output);

        Assert.Matches("(?m)^lab-see +image +32 × 32 pixels, 14 labels$", output);
        Assert.Matches("(?m)^lab-hear +sound +1 s at 16,000 Hz, 71 labels$", output);
        Assert.Matches("(?m)^lab-watch +film +12 frames of 32 × 32 pixels, 38 labels$", output);

        var image = Path.Combine(Lab.Repository, "models/lab-base/loss.png");
        (exitCode, _, errors) = await Lab.RunAsync("classify", "--image", image, "--model", "lab-topics");
        Assert.Equal((1, "lab: image: 'lab-topics' takes a text or tokens (INVALID_ARGUMENT)\n"), (exitCode, errors));
        (exitCode, _, errors) = await Lab.RunAsync("classify", "--image", "there is none.png");
        Assert.Equal((1, "lab: there is no file 'there is none.png'\n"), (exitCode, errors));
        Assert.Equal(1, (await Lab.RunAsync("classify")).ExitCode);
    }

    [Fact]
    public async Task Vocabularies_cut_a_text_beside_each_other()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("tokens", "unbelievable こんにちは", "--vocabulary", "cl100k_base", "--vocabulary", "o200k_base");

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Contains("un|belie|vable| |こんにちは", output, StringComparison.Ordinal);
        Assert.Contains("un|bel|ievable| |こんにちは", output, StringComparison.Ordinal);
        Assert.Contains("  24694  \"vable\"", output, StringComparison.Ordinal);
        Assert.Contains("96,000 by the rule of 750 words in 1,000 tokens", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_text_is_counted_but_not_listed_and_colours_tell_its_tokens_apart()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 100));
        var (exitCode, output, errors) = await Lab.RunAsync("tokens", text, "--vocabulary", "cl100k_base", "--color", "--window", "1000");

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Contains("\e[", output, StringComparison.Ordinal);
        Assert.Contains("100 tokens, 100 words and 499 bytes", output, StringComparison.Ordinal);
        Assert.Contains("1,000 tokens hold 1,000 words like these", output, StringComparison.Ordinal);
        Assert.Equal(3, output.TrimEnd('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData("INVALID_ARGUMENT", "text", "generate", "")]
    [InlineData("INVALID_ARGUMENT", "sampling.temperature", "generate", "x", "--temperature", "-1")]
    [InlineData("INVALID_ARGUMENT", "sampling.temperature", "generate", "x", "--temperature", "NaN")]
    [InlineData("INVALID_ARGUMENT", "sampling.top_p", "generate", "x", "--top-p", "0")]
    [InlineData("INVALID_ARGUMENT", "sampling.top_p", "generate", "x", "--top-p", "1.5")]
    [InlineData("NOT_FOUND", "no-such-model", "generate", "x", "--model", "no-such-model")]
    [InlineData("NOT_FOUND", "no-such-model", "classify", "x", "--model", "no-such-model")]
    [InlineData("NOT_FOUND", "no-such-vocabulary", "tokens", "x", "--vocabulary", "no-such-vocabulary")]
    public async Task Bad_input_is_explained(string status, string culprit, params string[] arguments)
    {
        var (exitCode, output, errors) = await Lab.RunAsync(arguments);

        Assert.Equal(1, exitCode);
        Assert.Equal("", output.Trim());
        Assert.Contains(status, errors, StringComparison.Ordinal);
        Assert.Contains(culprit, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_longer_than_the_window_says_how_long_both_are()
    {
        var (exitCode, _, errors) = await Lab.RunAsync("generate", string.Join(' ', Enumerable.Repeat("word", 2_000)));

        Assert.Equal(1, exitCode);
        Assert.Matches("prompt: .*\\d+ tokens", errors);

        (exitCode, var output, errors) = await Lab.RunAsync("generate", string.Join(' ', Enumerable.Repeat("word", 2_000)), "--truncate", "--max-tokens", "4");
        Assert.Equal(("", 0), (errors, exitCode));
        Assert.NotEqual("", output.Trim());
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("genai_config.json")]
    [InlineData("tokenizer.json")]
    public async Task A_truncated_file_of_a_model_folder_is_named(string file)
    {
        using var models = new CopiedModels("lab-base");
        var path = Path.Combine(models.Root, "lab-base", file);
        using (var stream = File.OpenWrite(path))
        {
            stream.SetLength(stream.Length / 2);
        }

        var (exitCode, output, errors) = await Lab.RunAsync("generate", "The", "--models", models.Root);

        Assert.Equal(1, exitCode);
        Assert.Equal("", output.Trim());
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(models.Root, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("tokenizer.json")]
    public async Task A_missing_file_of_a_model_folder_is_named(string file)
    {
        using var models = new CopiedModels("lab-base");
        File.Delete(Path.Combine(models.Root, "lab-base", file));

        var (exitCode, _, errors) = await Lab.RunAsync("generate", "The", "--models", models.Root);

        Assert.Equal(1, exitCode);
        Assert.Contains(file, errors, StringComparison.Ordinal);
    }
}
