using GenAiLab.V1;

namespace GenAiLab.Experiments.Calls;

/// <summary>Calls of the tokenizer.</summary>
public static class TokenizerCalls
{
    /// <summary>The ids of a text.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="vocabulary">Which; empty: the default one. A model's has the model's name.</param>
    /// <param name="text">At most 1 MiB of UTF-8.</param>
    /// <param name="special">Adds what belongs before a text, such as the beginning-of-sequence token.</param>
    /// <param name="cancellation">Ends the call.</param>
    public static async Task<int[]> EncodeAsync(
        this IExperimentLab lab, string vocabulary, string text, bool special, CancellationToken cancellation)
    {
        var response = await lab.Tokenizer.EncodeAsync(
            new EncodeRequest { Vocabulary = vocabulary, Text = text, AddSpecialTokens = special }, CallLimit.Options(cancellation));
        return [.. response.Tokens.Select(static token => token.Id)];
    }

    /// <summary>The text of ids.</summary>
    public static async Task<string> DecodeAsync(this IExperimentLab lab, string vocabulary, IEnumerable<int> ids, CancellationToken cancellation) =>
        (await lab.Tokenizer.DecodeAsync(
            new DecodeRequest { Vocabulary = vocabulary, Tokens = new TokenIds { Ids = { ids } } }, CallLimit.Options(cancellation))).Text;
}
