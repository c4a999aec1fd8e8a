using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.Vocabularies;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Windows;

/// <summary>Answers MeasureWindow: what a context window has room for, and what an input leaves of it.</summary>
internal static class WindowBudget
{
    private const int MaximumContext = 1 << 24;

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field; for a conversation also FAILED_PRECONDITION.</exception>
    public static MeasureWindowResponse Measure(MeasureWindowRequest request, IVocabulary vocabulary, CancellationToken cancellation)
    {
        if (request.ContextLength is < 2 or > MaximumContext)
        {
            RpcErrors.ThrowInvalidArgument("context_length", $"must be in [2, {MaximumContext}]");
        }

        if (request.ReservedTokens < 0 || request.ReservedTokens >= request.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument("reserved_tokens", $"must be in [0, {request.ContextLength - 1}], less than context_length");
        }

        if (!Enum.IsDefined(request.Overflow))
        {
            RpcErrors.ThrowInvalidArgument("overflow", "is not a way to deal with what is too long");
        }

        var response = new MeasureWindowResponse { PromptLimit = request.ContextLength - Math.Max(1, request.ReservedTokens) };
        switch (request.InputCase)
        {
            case MeasureWindowRequest.InputOneofCase.Text:
                MeasureText(request, vocabulary, response, cancellation);
                break;
            case MeasureWindowRequest.InputOneofCase.Chat:
                MeasureChat(request, vocabulary, response, cancellation);
                break;
            default:
                throw RpcErrors.InvalidArgument("input", "give a text or a chat");
        }

        response.Fits = response.Tokens <= response.PromptLimit;
        response.TokensLeft = response.PromptLimit - response.Tokens;
        response.WindowWords = WordEstimate.ByMeasure(request.ContextLength, response.Words, response.Tokens);
        response.WindowWordsByRule = WordEstimate.ByRule(request.ContextLength);
        response.KeptTokens = response.KeptTokens == 0 ? response.Tokens : response.KeptTokens;
        return response;
    }

    private static void MeasureText(MeasureWindowRequest request, IVocabulary vocabulary, MeasureWindowResponse response, CancellationToken cancellation)
    {
        RequestText.Check("text", request.Text);
        var tokens = vocabulary.Encode(request.Text, addSpecialTokens: true, parseSpecialTokens: false, cancellation);
        (response.Tokens, response.Words) = (tokens.Count, WordCount.Of(request.Text));
        if (request.Overflow == ContextOverflow.TruncateLeft)
        {
            var cut = TextCut.Find(request.Text, tokens, response.PromptLimit) ?? throw RpcErrors.InvalidArgument(
                "text", $"the tokens that the vocabulary adds alone are more than the {response.PromptLimit} that a prompt may have");
            (response.CutTokens, response.CutBytes, response.CutChars) = (cut.Tokens, cut.Bytes, cut.Characters);
            response.KeptTokens = tokens.Count - cut.Tokens;
        }
    }

    private static void MeasureChat(MeasureWindowRequest request, IVocabulary vocabulary, MeasureWindowResponse response, CancellationToken cancellation)
    {
        var conversation = ConversationText.Check(vocabulary, request.Chat.Messages, request.Chat.Tools, "chat.");
        (response.Tokens, response.Words) = (conversation.Count(cancellation), conversation.Words());
        if (request.Overflow == ContextOverflow.TruncateLeft && response.Tokens > response.PromptLimit)
        {
            var cut = ConversationCut.Find(
                conversation.Turns, response.PromptLimit, left => left.Count == 0 ? response.Tokens : conversation.Without(left).Count(cancellation))
                ?? throw RpcErrors.InvalidArgument(
                    "chat.messages", $"even the last one alone is more than the {response.PromptLimit} tokens that a prompt may have");
            response.CutMessages.AddRange(cut);
            response.KeptTokens = conversation.Without(cut).Count(cancellation);
            response.CutTokens = response.Tokens - response.KeptTokens;
        }
    }
}
