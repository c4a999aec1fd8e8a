using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>A tokenizer of bytes that puts the end-of-sequence token in front.</summary>
internal sealed class FakeTokenizer : V1.Tokenizer.TokenizerBase
{
    private int _listings;

    /// <summary>How often the pieces were fetched.</summary>
    public int PieceListings => Volatile.Read(ref _listings);

    /// <summary>Vocabularies of other names, which encode nothing.</summary>
    public Dictionary<string, VocabularyIdentity> OtherVocabularies { get; } = [];

    public bool HasChatTemplate { get; set; } = true;

    /// <summary>Whether the chat template spells tools, as <c>[name]</c> each before the conversation, and calls as <c>(name)</c>.</summary>
    public bool CarriesTools { get; set; }

    /// <summary>Which media it spells: the codes are bytes, and a medium is what they spell.</summary>
    public MediaCodec? Codec { get; set; }

    /// <summary>The token of words that it does not have.</summary>
    public int? UnknownId { get; set; }

    public override Task<EncodeMediaResponse> EncodeMedia(EncodeMediaRequest request, ServerCallContext context)
    {
        if (Codec is null)
        {
            throw RpcErrors.FailedPrecondition("for texts");
        }

        Assert.True(request.AddSpecialTokens);
        if (request.Media.ToStringUtf8() == "broken")
        {
            throw RpcErrors.InvalidArgument("media", "is broken");
        }

        var response = new EncodeMediaResponse { Vocabulary = FakeVocabulary.Identity, Tokens = new TokenIds { Ids = { Codec.BeginId } } };
        response.Tokens.Ids.AddRange(request.Media.Select(FakeVocabulary.Id));
        return Task.FromResult(response);
    }

    public override Task<DecodeMediaResponse> DecodeMedia(DecodeMediaRequest request, ServerCallContext context) => Task.FromResult(new DecodeMediaResponse
    {
        Vocabulary = FakeVocabulary.Identity,
        Media = ByteString.CopyFrom([.. request.Tokens.Ids.SelectMany(static id => FakeVocabulary.Pieces[id])]),
        ContentType = Codec!.ContentType,
        Complete = request.Tokens.Ids.Count >= Codec.MinimumLength,
    });

    public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        if (OtherVocabularies.TryGetValue(request.Vocabulary, out var other))
        {
            return Task.FromResult(new EncodeResponse { Vocabulary = other });
        }

        if (request.Vocabulary is not (FakeVocabulary.Name or FakeVocabulary.PlainName))
        {
            throw RpcErrors.NotFound("vocabulary", request.Vocabulary, [FakeVocabulary.Name]);
        }

        Assert.True(request.AddSpecialTokens);
        Assert.False(request.ParseSpecialTokens);
        var response = new EncodeResponse { Vocabulary = FakeVocabulary.Identity };
        foreach (var id in FakeVocabulary.Bytes(request.Text).Prepend(FakeVocabulary.EndOfSequence))
        {
            response.Tokens.Add(new Token
            {
                Id = id,
                Piece = FakeVocabulary.Pieces[id],
                ByteOffset = Math.Max(0, response.Tokens.Count - 1),
                ByteLength = response.Tokens.Count == 0 ? 0 : FakeVocabulary.Pieces[id].Length,
            });
        }

        return Task.FromResult(response);
    }

    /// <summary>Spells a conversation as <c>{role:content}</c> each, in control tokens' place 0; knows no system role.</summary>
    public override Task<EncodeChatResponse> EncodeChat(EncodeChatRequest request, ServerCallContext context)
    {
        if (!HasChatTemplate || request.Vocabulary == FakeVocabulary.PlainName)
        {
            throw RpcErrors.FailedPrecondition($"vocabulary '{request.Vocabulary}' has no chat template: send a text instead");
        }

        if (request.Messages.Any(static message => message.Role == "system"))
        {
            throw RpcErrors.InvalidArgument("messages", "the chat template refuses them: no system");
        }

        if (!CarriesTools && (request.Tools.Count > 0 || request.Messages.Any(static message => message.ToolCalls.Count > 0)))
        {
            throw RpcErrors.FailedPrecondition($"the chat template of vocabulary '{request.Vocabulary}' does not carry tools");
        }

        var response = new EncodeChatResponse { Vocabulary = FakeVocabulary.Identity };
        var ids = request.Tools.SelectMany(static tool => FakeVocabulary.Bytes($"[{tool.Name}]")).Concat(request.Messages.SelectMany(static message =>
            FakeVocabulary.Bytes($"{message.Role}:{message.Content}{string.Concat(message.ToolCalls.Select(static call => $"({call.Name})"))}")
                .Prepend(FakeVocabulary.EndOfSequence)));
        if (request.AddGenerationPrompt)
        {
            ids = ids.Append(FakeVocabulary.EndOfSequence);
        }

        response.Tokens.AddRange(ids.Select(static id => new Token { Id = id, Piece = FakeVocabulary.Pieces[id] }));
        return Task.FromResult(response);
    }

    /// <summary>Leaves out the first messages, as many as must go.</summary>
    public override async Task<MeasureWindowResponse> MeasureWindow(MeasureWindowRequest request, ServerCallContext context)
    {
        Assert.Equal(ContextOverflow.TruncateLeft, request.Overflow);
        var response = new MeasureWindowResponse { PromptLimit = request.ContextLength - request.ReservedTokens };
        for (var left = 0; ; left++)
        {
            var chat = new EncodeChatRequest { Vocabulary = request.Vocabulary, Messages = { request.Chat.Messages.Skip(left) }, AddGenerationPrompt = true };
            var tokens = (await EncodeChat(chat, context)).Tokens.Count;
            response.Tokens = left == 0 ? tokens : response.Tokens;
            if (tokens <= response.PromptLimit)
            {
                response.CutTokens = response.Tokens - tokens;
                return response;
            }

            response.CutMessages.Add(left);
        }
    }

    public override Task<ListVocabulariesResponse> ListVocabularies(ListVocabulariesRequest request, ServerCallContext context)
    {
        Assert.NotEmpty(request.Names);
        var response = new ListVocabulariesResponse();
        response.ChatVocabularies.AddRange(request.Names.Where(name => HasChatTemplate && name == FakeVocabulary.Name));
        response.ToolVocabularies.AddRange(response.ChatVocabularies.Where(_ => CarriesTools));
        return Task.FromResult(response);
    }

    public override async Task ListPieces(
        ListPiecesRequest request, IServerStreamWriter<ListPiecesResponse> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _listings);
        for (var first = 0; first < FakeVocabulary.Size; first += 100)
        {
            var part = new ListPiecesResponse { Vocabulary = FakeVocabulary.Identity, FirstId = first };
            part.Pieces.AddRange(FakeVocabulary.Pieces.Skip(first).Take(100));
            if (first == 0)
            {
                part.Codec = Codec;
                part.SpecialIds.AddRange(Codec is null ? [] : Enumerable.Range(Codec.FirstCodeId, Codec.CodeCount));
                if (UnknownId is { } unknown)
                {
                    part.UnknownId = unknown;
                }

                part.SpecialIds.Add(FakeVocabulary.EndOfSequence);
            }

            await responseStream.WriteAsync(part);
        }
    }
}
