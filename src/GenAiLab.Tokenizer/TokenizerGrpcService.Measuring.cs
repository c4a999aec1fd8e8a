using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.Windows;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer;

/// <content>Ids and numbers instead of tokens: batches, counts, the window's budget.</content>
public sealed partial class TokenizerGrpcService
{
    private const int MaximumTexts = 1024;

    /// <inheritdoc/>
    public override Task<EncodeBatchResponse> EncodeBatch(EncodeBatchRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("encode_batch", vocabulary.Name);
        if (request.Texts.Count is < 1 or > MaximumTexts)
        {
            RpcErrors.ThrowInvalidArgument("texts", $"{request.Texts.Count:N0} texts; there must be 1 to {MaximumTexts:N0}");
        }

        var bytes = 0;
        for (var at = 0; at < request.Texts.Count; at++)
        {
            bytes += RequestText.Check($"texts[{at}]", request.Texts[at]);
            if (bytes > RequestText.MaximumBytes)
            {
                RpcErrors.ThrowInvalidArgument("texts", $"more than {RequestText.MaximumBytes:N0} bytes of UTF-8 together");
            }
        }

        var response = new EncodeBatchResponse { Vocabulary = Identify(vocabulary) };
        var count = 0;
        foreach (var text in request.Texts)
        {
            var tokens = vocabulary.Encode(text, request.AddSpecialTokens, request.ParseSpecialTokens, context.CancellationToken);
            response.Texts.Add(new TokenIds { Ids = { tokens.Select(static token => token.Id) } });
            count += tokens.Count;
        }

        _telemetry.Encoded(activity, vocabulary.Name, bytes, count);
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<CountTokensResponse> CountTokens(CountTokensRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("count_tokens", vocabulary.Name);
        var response = new CountTokensResponse { Vocabulary = Identify(vocabulary) };
        var bytes = 0;
        switch (request.InputCase)
        {
            case CountTokensRequest.InputOneofCase.Text:
                bytes = RequestText.Check("text", request.Text);
                response.Tokens = vocabulary.Count(request.Text, request.AddSpecialTokens, request.ParseSpecialTokens, context.CancellationToken);
                response.Words = WordCount.Of(request.Text);
                break;
            case CountTokensRequest.InputOneofCase.Chat:
                var conversation = ConversationText.Check(vocabulary, request.Chat.Messages, request.Chat.Tools, "chat.");
                var rendered = conversation.Render(addGenerationPrompt: true, context.CancellationToken);
                bytes = Encoding.UTF8.GetByteCount(rendered.Text);
                response.Tokens = conversation.Encode(rendered, context.CancellationToken).Count;
                response.Words = conversation.Words();
                break;
            default:
                throw RpcErrors.InvalidArgument("input", "give a text or a chat");
        }

        _telemetry.Encoded(activity, vocabulary.Name, bytes, response.Tokens);
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<MeasureWindowResponse> MeasureWindow(MeasureWindowRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("measure_window", vocabulary.Name);
        var response = WindowBudget.Measure(request, vocabulary, context.CancellationToken);
        response.Vocabulary = Identify(vocabulary);
        activity?.SetTag("genailab.tokens", response.Tokens);
        return Task.FromResult(response);
    }
}
