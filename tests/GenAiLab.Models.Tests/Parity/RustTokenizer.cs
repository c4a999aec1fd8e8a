using Tokenizers.DotNet;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>
/// Hugging Face's tokenizers itself, the library in Rust that defines what a tokenizer.json means. It always adds what
/// the post-processor adds, reads special tokens that are spelled out, and leaves them out of what it decodes.
/// </summary>
internal sealed class RustTokenizer(string path)
{
    private readonly Tokenizer _tokenizer = new(path);

    /// <summary>The ids of a text; null where the library itself fails, as it does on some texts with some components.</summary>
    /// <param name="text">Well-formed UTF-16: it takes no other.</param>
    public int[]? Encode(string text)
    {
        try
        {
            return Array.ConvertAll(_tokenizer.Encode(text), static id => (int)id);
        }
        catch (TokenizerException)
        {
            return null;
        }
    }

    /// <summary>The text of ids, special tokens left out.</summary>
    public string Decode(int[] ids) => _tokenizer.Decode(Array.ConvertAll(ids, static id => (uint)id));
}
