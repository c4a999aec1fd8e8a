using System.Text;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>A tokenizer.json that is not understood is refused, by the name of what is wrong with it.</summary>
public sealed class TokenizerFileTests
{
    [Theory]
    [InlineData("normalizer", """{"type":"Frobnicate"}""", "the normalizer 'Frobnicate' is not supported")]
    [InlineData("normalizer", """{"type":"Strip","strip_left":true,"strip_right":true,"strip_middle":true}""", "the normalizer 'Strip' has a parameter 'strip_middle'")]
    [InlineData("normalizer", """{"type":"Strip","strip_left":1,"strip_right":true}""", "'strip_left' that is neither true nor false")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"String":""},"content":"x"}""", "'pattern'")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"("},"content":"x"}""", "regular expression that is not supported")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"/////w=="}""", "cut off")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(a)\\1"},"behavior":"Isolated","invert":false}""", "\\1")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"[a&&b]"},"behavior":"Isolated","invert":false}""", "&&")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\p{Klingon}"},"behavior":"Isolated","invert":false}""", "Klingon")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"🙂"},"behavior":"Isolated","invert":false}""", "beyond U+FFFF")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Sideways","invert":false}""", "Sideways")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"▁▁"}""", "not one character")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","add_prefix_space":false}""", "does not fit")]
    [InlineData("pre_tokenizer", """{"type":"FixedLength","length":0}""", "'length' of 0")]
    [InlineData("pre_tokenizer", "[]", "the pre_tokenizer is no object")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{}}""", "neither the text nor one of its special tokens")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}}""", "does not hold the text once")]
    [InlineData("post_processor", """{"type":"BertProcessing","sep":["x",99999],"cls":["y",0]}""", "adds a token that there is not")]
    [InlineData("decoder", """{"type":"Sequence","decoders":[{"type":"Telepathy"}]}""", "the decoder 'Telepathy' is not supported")]
    [InlineData("decoder", """{"type":"Replace","pattern":{"String":"▁"},"content":"01234567890123456789012345678901234567890123456789012345678901234"}""", "64 times as long")]
    [InlineData("decoder", """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaa"},{"type":"Replace","pattern":{"Regex":"a"},"content":"aaaaaaaaa"}]}""", "64 times as long")]
    [InlineData("decoder", """{"type":"Strip","content":"ab","start":1,"stop":0}""", "not one character")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}""", "dropout")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "a merge, number 0, of a token that is not in the vocabulary")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0},"merges":["ab"]}""", "not a pair")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}""", "two entries with id 0")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":1000000},"merges":[]}""", "far apart")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":1048576},"merges":[]}""", "an id that is none")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0},"merges":[],"continuing_subword_prefix":"##","byte_fallback":true}""", "byte_fallback")]
    [InlineData("model", """{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}""", "entry, number 0")]
    [InlineData("model", """{"type":"Unigram","vocab":[["a",-1]],"unk_id":3}""", "unk_id")]
    [InlineData("model", """{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]","max_input_chars_per_word":100}""", "has no 'continuing_subword_prefix'")]
    [InlineData("model", """{"type":"Markov","vocab":{}}""", "the model 'Markov' is not supported")]
    [InlineData("added_tokens", """[{"id":0,"content":"x"}]""", "added token 0")]
    [InlineData("added_tokens", """[{"id":2000000,"content":"x"}]""", "out of range")]
    [InlineData("added_tokens", """[{"id":500,"content":""}]""", "no content")]
    [InlineData("added_tokens", """[{"id":500,"content":"x","weight":2}]""", "'weight'")]
    [InlineData("special_sauce", "1", "a part 'special_sauce'")]
    [InlineData("version", "\"2.0\"", "version")]
    public void What_is_not_understood_is_refused_by_its_name(string part, string json, string reason)
    {
        var file = (JsonObject)JsonNode.Parse(TinyTokenizer.Write(TinyTokenizer.Model("bytes")))!;
        file[part] = JsonNode.Parse(json.Replace("1e999", "0.5", StringComparison.Ordinal));
        var text = file.ToJsonString().Replace("[\"a\",0.5]", "[\"a\",1e999]", StringComparison.Ordinal);
        var error = Assert.Throws<ModelFolderException>(() => TextTokenizer.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.StartsWith("tokenizer.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Components_may_not_multiply()
    {
        var inner = """{"type":"Lowercase"}""";
        for (var level = 0; level < 8; level++)
        {
            inner = $$"""{"type":"Sequence","normalizers":[{{string.Join(',', Enumerable.Repeat(inner, 8 - level))}}]}""";
        }

        var error = Assert.Throws<ModelFolderException>(() => TextTokenizer.Parse(TinyTokenizer.Write(TinyTokenizer.Model("bytes"), inner)));
        Assert.Contains("more than 256 parts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncation_and_padding_do_not_change_what_is_encoded()
    {
        var file = (JsonObject)JsonNode.Parse(TinyTokenizer.Write(TinyTokenizer.Model("wordlevel"), null, """{"type":"WhitespaceSplit"}"""))!;
        file["truncation"] = JsonNode.Parse("""{"max_length":1,"strategy":"LongestFirst","stride":0,"direction":"Right"}""");
        file["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":10},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}""");
        Assert.Equal(3, TextTokenizer.Parse(Encoding.UTF8.GetBytes(file.ToJsonString())).Count("the cow says", true, true, TestContext.Current.CancellationToken));
    }
}
