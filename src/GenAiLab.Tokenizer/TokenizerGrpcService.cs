using System.Text;
using GenAiLab.Models.Tokenization;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.Tokenizer.Vocabularies;
using GenAiLab.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace GenAiLab.Tokenizer;

/// <summary>The Tokenizer of genailab.v1: checks what comes in, leaves the cutting to the vocabularies.</summary>
[RequiresScope(ApiScopes.Tokenize)]
public sealed partial class TokenizerGrpcService : V1.Tokenizer.TokenizerBase
{
    /// <summary>The most token ids in one message.</summary>
    public const int MaximumTokens = 131_072;

    private const int MaximumNames = 1000;
    private const int MaximumPiecesInMessage = 4096;
    private const int MaximumPieceBytesInMessage = 1024 * 1024;
    private const int MaximumDecodedBytes = 8 * 1024 * 1024;

    private readonly VocabularyCatalog _catalog;
    private readonly TokenizerTelemetry _telemetry;
    private readonly MediaAdmission _media;

    internal TokenizerGrpcService(VocabularyCatalog catalog, TokenizerTelemetry telemetry, MediaAdmission media)
    {
        _catalog = catalog;
        _telemetry = telemetry;
        _media = media;
    }

    /// <inheritdoc/>
    public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("encode", vocabulary.Name);
        var bytes = RequestText.Check("text", request.Text);
        var tokens = vocabulary.Encode(
            request.Text, request.AddSpecialTokens, request.ParseSpecialTokens, context.CancellationToken);
        var response = new EncodeResponse { Vocabulary = Identify(vocabulary) };
        AddTokens(response.Tokens, vocabulary, request.Text, tokens);
        _telemetry.Encoded(activity, vocabulary.Name, bytes, tokens.Count);
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<EncodeChatResponse> EncodeChat(EncodeChatRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("encode_chat", vocabulary.Name);
        var conversation = ConversationText.Check(vocabulary, request.Messages, request.Tools);
        var rendered = conversation.Render(request.AddGenerationPrompt, context.CancellationToken);
        var tokens = conversation.Encode(rendered, context.CancellationToken);
        var response = new EncodeChatResponse { Vocabulary = Identify(vocabulary), Text = rendered.Text };
        AddTokens(response.Tokens, vocabulary, rendered.Text, tokens);
        _telemetry.Encoded(activity, vocabulary.Name, Encoding.UTF8.GetByteCount(rendered.Text), tokens.Count);
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<DecodeResponse> Decode(DecodeRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("decode", vocabulary.Name);
        var ids = request.Tokens?.Ids ?? [];
        if (ids.Count > MaximumTokens)
        {
            RpcErrors.ThrowInvalidArgument("tokens.ids", $"{ids.Count:N0} ids; at most {MaximumTokens:N0}");
        }

        using var bytes = new MemoryStream();
        for (var at = 0; at < ids.Count; at++)
        {
            CheckToken(vocabulary, "tokens.ids", at, ids[at]);
            if (!request.SkipSpecialTokens || !vocabulary.IsSpecial(ids[at]))
            {
                bytes.Write(vocabulary.Piece(ids[at]).Span);
            }

            if (bytes.Length > MaximumDecodedBytes)
            {
                RpcErrors.ThrowInvalidArgument("tokens.ids", $"they stand for more than {MaximumDecodedBytes:N0} bytes of text");
            }
        }

        _telemetry.Decoded(activity, vocabulary.Name, (int)bytes.Length, ids.Count);
        return Task.FromResult(new DecodeResponse
        {
            Vocabulary = Identify(vocabulary),
            Text = vocabulary.Decode(ids, request.SkipSpecialTokens),
            TextBytes = UnsafeByteOperations.UnsafeWrap(bytes.ToArray()),
        });
    }

    /// <inheritdoc/>
    public override async Task StreamDecode(
        IAsyncStreamReader<StreamDecodeRequest> requestStream, IServerStreamWriter<StreamDecodeResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        if (!await requestStream.MoveNext(cancellation))
        {
            RpcErrors.ThrowInvalidArgument("vocabulary", "the stream ended before its first request");
        }

        var request = requestStream.Current;
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("stream_decode", vocabulary.Name);
        var (stream, identity) = (vocabulary.OpenStream(request.SkipSpecialTokens), Identify(vocabulary));
        var (bytes, tokens, more) = (0, 0, true);
        while (more)
        {
            var text = new StringBuilder();
            for (var at = 0; at < request.TokenIds.Count; at++)
            {
                CheckToken(vocabulary, "token_ids", at, request.TokenIds[at]);
                text.Append(stream.Push(request.TokenIds[at]));
                if (at >= MaximumTokens || text.Length > MaximumDecodedBytes)
                {
                    RpcErrors.ThrowInvalidArgument("token_ids", $"at most {MaximumTokens:N0} ids in one request, and {MaximumDecodedBytes:N0} bytes of text");
                }
            }

            tokens += request.TokenIds.Count;
            await AnswerAsync(text.ToString());
            more = await requestStream.MoveNext(cancellation);
            request = more ? requestStream.Current : request;
            if (more && request.Vocabulary.Length > 0)
            {
                RpcErrors.ThrowInvalidArgument("vocabulary", "is named in the first request only");
            }
        }

        await AnswerAsync(stream.Finish());
        _telemetry.Decoded(activity, vocabulary.Name, bytes, tokens);

        async Task AnswerAsync(string text)
        {
            bytes += Encoding.UTF8.GetByteCount(text);
            await responseStream.WriteAsync(new StreamDecodeResponse { Vocabulary = identity, Text = text }, cancellation);
            identity = null;
        }
    }

    /// <inheritdoc/>
    public override async Task ListPieces(
        ListPiecesRequest request, IServerStreamWriter<ListPiecesResponse> responseStream, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("list_pieces", vocabulary.Name);
        activity?.SetTag("genailab.tokens", vocabulary.Size);
        for (var id = 0; id < vocabulary.Size;)
        {
            var message = new ListPiecesResponse { Vocabulary = Identify(vocabulary), FirstId = id };
            if (id == 0)
            {
                message.Codec = Describe(vocabulary.Media);
                if (vocabulary.UnknownId is { } unknown)
                {
                    message.UnknownId = unknown;
                }
            }

            for (var bytes = 0; id < vocabulary.Size && message.Pieces.Count < MaximumPiecesInMessage && bytes < MaximumPieceBytesInMessage; id++)
            {
                var piece = vocabulary.Piece(id);
                bytes += piece.Length;
                message.Pieces.Add(UnsafeByteOperations.UnsafeWrap(piece));
                if (vocabulary.IsSpecial(id))
                {
                    message.SpecialIds.Add(id);
                }
            }

            await responseStream.WriteAsync(message, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<ListVocabulariesResponse> ListVocabularies(ListVocabulariesRequest request, ServerCallContext context) =>
        Task.FromResult(List(request.Names));

    /// <inheritdoc/>
    public override Task<DescribeVocabularyResponse> DescribeVocabulary(DescribeVocabularyRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        var components = (vocabulary as TokenizerVocabulary)?.Tokenizer.Components ?? TokenizerComponents.None;
        var folder = vocabulary as FolderVocabulary;
        var response = new DescribeVocabularyResponse
        {
            Vocabulary = Identify(vocabulary),
            Model = vocabulary.Kind,
            Normalizers = { components.Normalizers },
            PreTokenizers = { components.PreTokenizers },
            PostProcessors = { components.PostProcessors },
            Decoders = { components.Decoders },
            SpecialTokens = { vocabulary.SpecialTokens.Select(token => new SpecialToken { Id = token.Id, Text = token.Text, Control = vocabulary.IsSpecial(token.Id) }) },
            HasChatTemplate = folder?.ChatTemplate is not null,
            HasTools = folder?.ChatTemplate?.UsesTools == true,
            ChatTemplateFailure = folder?.ChatTemplateFailure ?? "",
            Codec = Describe(vocabulary.Media),
        };
        if (vocabulary.UnknownId is { } unknown)
        {
            response.UnknownId = unknown;
        }

        return Task.FromResult(response);
    }

    private static VocabularyIdentity Identify(IVocabulary vocabulary) =>
        new() { Name = vocabulary.Name, Sha256 = vocabulary.Sha256, Size = vocabulary.Size };

    private static void CheckToken(IVocabulary vocabulary, string field, int at, int id)
    {
        if ((uint)id >= (uint)vocabulary.Size || vocabulary.Piece(id).IsEmpty)
        {
            RpcErrors.ThrowInvalidArgument(field, $"number {at} is {id}, which is no token of '{vocabulary.Name}'");
        }
    }

    private static void AddTokens(RepeatedField<Token> target, IVocabulary vocabulary, string text, IReadOnlyList<EncodedToken> tokens)
    {
        target.Capacity = tokens.Count;
        var characters = new CharacterOffsets(text);
        foreach (var token in tokens)
        {
            var (offset, length) = characters.Next(token.ByteOffset, token.ByteLength);
            target.Add(new Token
            {
                Id = token.Id,
                Piece = UnsafeByteOperations.UnsafeWrap(vocabulary.Piece(token.Id)),
                ByteOffset = token.ByteOffset,
                ByteLength = token.ByteLength,
                CharOffset = offset,
                CharLength = length,
                Special = vocabulary.IsSpecial(token.Id),
            });
        }
    }

    private ListVocabulariesResponse List(RepeatedField<string> names)
    {
        if (names.Count > MaximumNames)
        {
            RpcErrors.ThrowInvalidArgument("names", $"{names.Count:N0} names; at most {MaximumNames:N0}");
        }

        var vocabularies = names.Count == 0 ? _catalog.List() : _catalog.List(names);
        return new ListVocabulariesResponse
        {
            DefaultVocabulary = _catalog.DefaultName,
            Vocabularies = { vocabularies.Select(Identify) },
            ChatVocabularies = { vocabularies.Where(static vocabulary => vocabulary is FolderVocabulary { ChatTemplate: not null }).Select(static vocabulary => vocabulary.Name) },
            ToolVocabularies = { vocabularies.Where(static vocabulary => vocabulary is FolderVocabulary { ChatTemplate.UsesTools: true }).Select(static vocabulary => vocabulary.Name) },
        };
    }
}
