using GenAiLab.V1;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>What is asked of the tokenizer, but for media.</summary>
internal static class TokenizerRequests
{
    private const string Vocabulary = "lab-base";
    private static readonly string[] Texts = ["Once upon a time there was a cat.", "Grüße aus Köln, 12 · 7 = 84! 猫が好き 🐈", string.Concat(Enumerable.Repeat("the quick brown fox ", 200))];

    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        new SoakKind("tokenizer, there and back", 3, ThereAndBackAsync) { Models = [Vocabulary] },
        new SoakKind("tokenizer, count", 2, CountAsync) { Models = [Vocabulary] },
        new SoakKind("tokenizer, chat", 1, ChatAsync) { Models = ["lab-chat"] },
        new SoakKind("tokenizer, streams", 1, StreamAsync) { Models = [Vocabulary] },
        new SoakKind("tokenizer, describe", 1, DescribeAsync) { Models = [Vocabulary] },
    ];

    private static async Task<string> ThereAndBackAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var encoded = await lab.Tokenizer.EncodeAsync(new EncodeRequest { Vocabulary = Vocabulary, Text = Texts[variant] }, cancellationToken: cancellation);
        var tokens = new TokenIds { Ids = { encoded.Tokens.Select(static token => token.Id) } };
        var decoded = await lab.Tokenizer.DecodeAsync(new DecodeRequest { Vocabulary = Vocabulary, Tokens = tokens }, cancellationToken: cancellation);
        var batch = await lab.Tokenizer.EncodeBatchAsync(new EncodeBatchRequest { Vocabulary = Vocabulary, Texts = { Texts } }, cancellationToken: cancellation);
        return $"{string.Join(' ', batch.Texts[variant].Ids)} {decoded.Text}";
    }

    private static async Task<string> CountAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var count = await lab.Tokenizer.CountTokensAsync(new CountTokensRequest { Vocabulary = Vocabulary, Text = Texts[variant] }, cancellationToken: cancellation);
        var window = await lab.Tokenizer.MeasureWindowAsync(
            new MeasureWindowRequest { Vocabulary = Vocabulary, Text = Texts[variant], ContextLength = 256, Overflow = ContextOverflow.TruncateLeft }, cancellationToken: cancellation);
        return $"{count.Tokens} {window.CutTokens}";
    }

    private static async Task<string> ChatAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = new EncodeChatRequest { Vocabulary = "lab-chat", Messages = { new ChatMessage { Role = "user", Content = Texts[variant] } }, AddGenerationPrompt = true };
        return (await lab.Tokenizer.EncodeChatAsync(request, cancellationToken: cancellation)).Text;
    }

    private static async Task<string> StreamAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var pieces = 0;
        using (var listed = lab.Tokenizer.ListPieces(new ListPiecesRequest { Vocabulary = Vocabulary }, cancellationToken: cancellation))
        {
            while (await listed.ResponseStream.MoveNext(cancellation))
            {
                pieces += listed.ResponseStream.Current.Pieces.Count;
            }
        }

        using var call = lab.Tokenizer.StreamDecode(cancellationToken: cancellation);
        var text = "";
        for (var at = 0; at < 8; at++)
        {
            await call.RequestStream.WriteAsync(new StreamDecodeRequest { Vocabulary = at == 0 ? Vocabulary : "", TokenIds = { 20 + (at * 13) + variant } }, cancellation);
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            text += call.ResponseStream.Current.Text;
        }

        return $"{pieces} {text}";
    }

    private static async Task<string> DescribeAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var listed = await lab.Tokenizer.ListVocabulariesAsync(new ListVocabulariesRequest(), cancellationToken: cancellation);
        var vocabulary = listed.Vocabularies[variant % listed.Vocabularies.Count].Name;
        return (await lab.Tokenizer.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = vocabulary }, cancellationToken: cancellation)).Vocabulary.Sha256;
    }
}
