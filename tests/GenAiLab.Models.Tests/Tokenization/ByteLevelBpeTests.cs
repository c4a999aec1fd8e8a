using System.Text;
using System.Text.Json;
using CsCheck;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>Byte-level BPE: exact, reversible, and not to be steered by what a user types.</summary>
public sealed class ByteLevelBpeTests
{
    private static readonly ByteLevelBpe Tokenizer = ByteLevelBpeTrainer.Train(
        Enumerable.Repeat("The capital of France is Paris. The cow says moo, the cat says meow; 12 + 7 = 19.", 50), 400);

    [Fact]
    public void Any_text_comes_back() =>
        Gen.String.Sample(text =>
        {
            // A lone surrogate is no character; it comes back as U+FFFD.
            var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            return Tokenizer.Decode(Tokenizer.EncodeIds(text)) == whole;
        });

    [Fact]
    public void Spans_lie_end_to_end_and_cover_the_text() =>
        Gen.String.Sample(text =>
        {
            var spans = Tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false);
            var at = 0;
            foreach (var span in spans)
            {
                Assert.Equal(at, span.ByteOffset);
                at += span.ByteLength;
                Assert.InRange(span.CharOffset + span.CharLength, span.CharOffset, text.Length);
            }

            Assert.Equal(Encoding.UTF8.GetByteCount(text), at);
            Assert.Equal(Tokenizer.EncodeIds(text), spans.Select(static span => span.Id));
        });

    [Fact]
    public void A_special_token_in_a_text_is_text_unless_asked_for()
    {
        const string text = "a<|endoftext|>b";

        Assert.DoesNotContain(0, Tokenizer.EncodeIds(text));
        Assert.Equal(text, Tokenizer.Decode(Tokenizer.EncodeIds(text)));
        var parsed = Tokenizer.Encode(text, addSpecialTokens: true, parseSpecialTokens: true);
        Assert.Equal([0, 0], parsed.Where(static span => span.IsSpecial).Select(static span => span.Id));
        Assert.Equal(4, parsed.Count);
    }

    [Fact]
    public void A_word_seen_often_is_one_token() => Assert.Single(Tokenizer.EncodeIds(" Paris"));

    [Fact]
    public void A_long_unbroken_text_is_encoded_too() => Assert.NotEmpty(Tokenizer.EncodeIds(new string('a', 1_000_000)));

    [Fact]
    public void What_is_saved_loads_to_the_same_vocabulary()
    {
        var folder = Directory.CreateTempSubdirectory("genailab-").FullName;
        try
        {
            Tokenizer.Save(folder);
            var loaded = ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json"));

            Assert.Equal(Tokenizer.Sha256, loaded.Sha256);
            Assert.Equal(Tokenizer.EncodeIds("The cat is in Paris, 19."), loaded.EncodeIds("The cat is in Paris, 19."));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_chat_template_and_the_end_of_a_turn_are_saved_when_given()
    {
        var folder = Directory.CreateTempSubdirectory("genailab-").FullName;
        try
        {
            const string template = "{{ bos_token }}{% for m in messages %}{{ m['content'] + \"é\\n\" }}{% endfor %}";
            var tokenizer = ByteLevelBpeTrainer.Train(["the cat"], 280, "<|end|>");
            tokenizer.Save(folder, template, "<|end|>");
            var configuration = Configuration();
            Assert.Equal(template, configuration.GetProperty("chat_template").GetString());
            Assert.Equal("<|end|>", configuration.GetProperty("eos_token").GetString());
            Assert.Equal("<|endoftext|>", configuration.GetProperty("bos_token").GetString());

            tokenizer.Save(folder);
            Assert.False(Configuration().TryGetProperty("chat_template", out _));
            Assert.Equal("<|endoftext|>", Configuration().GetProperty("eos_token").GetString());
            Assert.Throws<ArgumentException>(() => tokenizer.Save(folder, template, "<|no such|>"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        JsonElement Configuration() => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json"))).RootElement;
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"model":{"type":"Unigram","vocab":{},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[["a",null]]},"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"pre_tokenizer":{"type":"Metaspace"},"decoder":{"type":"ByteLevel"}}""")]
    public void A_damaged_or_unsupported_file_is_refused_by_name(string json)
    {
        var folder = Directory.CreateTempSubdirectory("genailab-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
            var error = Assert.Throws<ModelFolderException>(() => ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json")));

            Assert.StartsWith("tokenizer.json: ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(folder, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
