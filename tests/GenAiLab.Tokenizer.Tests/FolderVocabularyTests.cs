using System.Security.Cryptography;
using GenAiLab.Models.Tokenization;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Tests;

public sealed class FolderVocabularyTests
{
    [Fact]
    public async Task A_broken_vocabulary_is_refused_by_the_files_name_and_the_rest_is_served()
    {
        await using var host = await TokenizerHost.StartAsync(static models =>
        {
            var folder = Directory.CreateDirectory(Path.Combine(models, "broken"));
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizer.json"), "{ \"model\": ");
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(models, "cl100k_base")).FullName, "tokenizer.json"), "{}");
        }, defaultVocabulary: "broken");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.EncodeAsync(new EncodeRequest { Text = "x" }, Options()));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("tokenizer.json", error.Status.Detail);
        Assert.DoesNotContain(Path.GetTempPath(), error.Status.Detail);

        var list = await host.Client.ListVocabulariesAsync(new ListVocabulariesRequest(), Options());
        Assert.Equal(["cl100k_base", "gpt2", "o200k_base", "o200k_harmony", "r50k_base"], list.Vocabularies.Select(static vocabulary => vocabulary.Name));
        Assert.Single((await host.Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = "hello" }, Options())).Tokens);
    }

    [Fact]
    public async Task A_folder_that_is_being_written_has_no_vocabulary()
    {
        await using var host = await TokenizerHost.StartAsync(static models =>
        {
            Train(Path.Combine(models, "lab-base"));
            Train(Path.Combine(models, ".lab-base.0123456789abcdef0123456789abcdef"));
        });
        var list = await host.Client.ListVocabulariesAsync(new ListVocabulariesRequest(), Options());
        Assert.Single(list.Vocabularies, static vocabulary => vocabulary.Name.Contains("lab-base", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_word_for_which_the_vocabulary_has_nothing_is_the_callers_to_mend()
    {
        await using var host = await TokenizerHost.StartAsync(static models => File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(models, "words")).FullName, "tokenizer.json"),
            """{ "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null, "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": { "cat": 0 } } }"""));
        Assert.Single((await host.Client.EncodeAsync(new EncodeRequest { Vocabulary = "words", Text = "cat" }, Options())).Tokens);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.EncodeAsync(new EncodeRequest { Vocabulary = "words", Text = "dog" }, Options()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("no unknown token", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folders_vocabulary_is_served_by_the_folders_name()
    {
        var sha256 = "";
        await using var host = await TokenizerHost.StartAsync(models => sha256 = Train(Path.Combine(models, "lab-base")));
        const string text = "the cat 🙂 sat <|endoftext|> on";
        var encoded = await host.Client.EncodeAsync(new EncodeRequest { Text = text, AddSpecialTokens = true }, Options());
        Assert.Equal(("lab-base", sha256), (encoded.Vocabulary.Name, encoded.Vocabulary.Sha256));
        Assert.Equal((true, 0), (encoded.Tokens[0].Special, encoded.Tokens[0].ByteLength));
        Assert.DoesNotContain(encoded.Tokens.Skip(1), static token => token.Special);
        Assert.Contains(encoded.Tokens.Skip(1), static token => token.ByteLength > 1);
        var decoded = await host.Client.DecodeAsync(
            new DecodeRequest { Tokens = new TokenIds { Ids = { encoded.Tokens.Select(static token => token.Id) } }, SkipSpecialTokens = true }, Options());
        Assert.Equal(text, decoded.Text);

        var parsed = await host.Client.EncodeAsync(new EncodeRequest { Text = text, ParseSpecialTokens = true }, Options());
        Assert.Single(parsed.Tokens, static token => token.Special && token.Piece.ToStringUtf8() == "<|endoftext|>" && token.ByteLength == 13);

        using var pieces = host.Client.ListPieces(new ListPiecesRequest(), Options());
        var all = new List<byte[]>();
        await foreach (var message in pieces.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            all.AddRange(message.Pieces.Select(static piece => piece.ToByteArray()));
        }

        Assert.Equal(encoded.Vocabulary.Size, all.Count);
        Assert.All(encoded.Tokens, token => Assert.Equal(all[token.Id], token.Piece.ToByteArray()));
    }

    [Fact]
    public async Task Bytes_that_are_half_a_character_come_back_exactly()
    {
        await using var host = await TokenizerHost.StartAsync(static models => Train(Path.Combine(models, "lab-base")));
        var encoded = await host.Client.EncodeAsync(new EncodeRequest { Text = "🙂" }, Options());
        Assert.Equal([0xF0], encoded.Tokens[0].Piece.ToByteArray());
        Assert.All(encoded.Tokens, static token => Assert.Equal((0, 2), (token.CharOffset, token.CharLength)));
        var half = await host.Client.DecodeAsync(new DecodeRequest { Tokens = new TokenIds { Ids = { encoded.Tokens[0].Id } } }, Options());
        Assert.Equal("\uFFFD", half.Text);
        Assert.Equal([0xF0], half.TextBytes.ToByteArray());
    }

    /// <summary>Writes a small vocabulary and returns its hash.</summary>
    private static string Train(string folder)
    {
        ByteLevelBpeTrainer.Train(Enumerable.Repeat("the cat sat on the mat. the dog sat on the log.", 20), 280).Save(folder);
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json"))));
    }

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);
}
