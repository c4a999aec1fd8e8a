using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>Turns the prompt of a request into tokens of the model's vocabulary, cut to the window where the request asks for that.</summary>
internal sealed class PromptEncoder(V1.Tokenizer.TokenizerClient tokenizer, TextEncoder encoder, PieceCache cache)
{
    /// <summary>The prompt's tokens.</summary>
    /// <exception cref="RpcException">The tokenizer's error; FAILED_PRECONDITION when it does not serve the model's vocabulary.</exception>
    public async Task<EncodedPrompt> EncodeAsync(GenerateRequest request, DecoderDescription model, CallLimits options)
    {
        if (request.PromptCase == GenerateRequest.PromptOneofCase.Chat)
        {
            return await EncodeChatAsync(request, model, options);
        }

        // Encoding the empty text is the cheapest way to ask which vocabulary a name means now.
        var encoded = await encoder.EncodeAsync(model, request.PromptCase == GenerateRequest.PromptOneofCase.Text ? request.Text : "", options);
        var pieces = await cache.GetAsync(encoded.Vocabulary, options);
        return request.PromptCase switch
        {
            GenerateRequest.PromptOneofCase.Text => Cut(request, model, encoded.Vocabulary, encoded.Tokens, static token => token.ByteLength == 0) with
            {
                UnknownWords = UnknownWords.Of(request.Text, encoded.Tokens, pieces.UnknownId),
            },
            GenerateRequest.PromptOneofCase.Media => await EncodeMediaAsync(request, model, encoded, pieces, options),
            _ => Cut(request, model, encoded.Vocabulary, request.Tokens.Ids.Select(id => new Token { Id = id, Piece = pieces[id] }), static _ => false),
        };
    }

    // Behind what the vocabulary adds to a text: the empty one's tokens are that and nothing else.
    private async Task<EncodedPrompt> EncodeMediaAsync(
        GenerateRequest request, DecoderDescription model, EncodeResponse empty, PieceTable pieces, CallLimits options)
    {
        var media = new EncodeMediaRequest { Vocabulary = TextEncoder.VocabularyOf(model), Media = request.Media, AddSpecialTokens = true };
        var codes = await TextEncoder.AskAsync(model, () => tokenizer.EncodeMediaAsync(media, options).ResponseAsync, options.CancellationToken);
        return new EncodedPrompt(
            codes.Vocabulary, [.. Pieces(empty.Tokens), .. codes.Tokens.Ids.Select(id => new TokenPiece { Id = id, Piece = pieces[id] })], []);
    }

    private async Task<EncodedPrompt> EncodeChatAsync(GenerateRequest request, DecoderDescription model, CallLimits options)
    {
        var vocabulary = TextEncoder.VocabularyOf(model);
        IReadOnlyList<ChatMessage> messages = request.Chat.Messages;
        var measured = new MeasureWindowResponse();
        if (request.Overflow == ContextOverflow.TruncateLeft)
        {
            var window = new MeasureWindowRequest
            {
                Vocabulary = vocabulary,
                Chat = request.Chat,
                ContextLength = model.ContextLength,
                ReservedTokens = model.ContextLength - Limit(request, model),
                Overflow = ContextOverflow.TruncateLeft,
            };
            measured = await TextEncoder.AskAsync(model, () => tokenizer.MeasureWindowAsync(window, options).ResponseAsync, options.CancellationToken);
            messages = [.. request.Chat.Messages.Where((_, index) => !measured.CutMessages.Contains(index))];
        }

        var chat = new EncodeChatRequest { Vocabulary = vocabulary, Messages = { messages }, Tools = { request.Chat.Tools }, AddGenerationPrompt = true };
        var rendered = await TextEncoder.AskAsync(model, () => tokenizer.EncodeChatAsync(chat, options).ResponseAsync, options.CancellationToken);
        var pieces = await cache.GetAsync(rendered.Vocabulary, options);
        return new EncodedPrompt(rendered.Vocabulary, Pieces(rendered.Tokens), messages)
        {
            CutTokens = measured.CutTokens,
            CutMessages = measured.CutMessages,
            UnknownWords = UnknownWords.Of(rendered.Text, rendered.Tokens, pieces.UnknownId),
        };
    }

    // What the vocabulary added to a text stays whatever is cut.
    private static EncodedPrompt Cut(
        GenerateRequest request, DecoderDescription model, VocabularyIdentity vocabulary, IEnumerable<Token> tokens, Func<Token, bool> stays)
    {
        var all = tokens.ToList();
        var excess = request.Overflow == ContextOverflow.TruncateLeft ? Math.Max(0, all.Count - Limit(request, model)) : 0;
        var left = 0;
        return new EncodedPrompt(vocabulary, Pieces(all.Where(token => stays(token) || left++ >= excess)), []) { CutTokens = excess };
    }

    // Room for what is to be generated, but never less than half the window for what it follows from.
    private static int Limit(GenerateRequest request, DecoderDescription model) =>
        Math.Max(model.ContextLength - request.MaxTokens, Math.Max(1, model.ContextLength / 2));

    private static RepeatedField<TokenPiece> Pieces(IEnumerable<Token> tokens) => [.. tokens.Select(static token => new TokenPiece { Id = token.Id, Piece = token.Piece })];
}
