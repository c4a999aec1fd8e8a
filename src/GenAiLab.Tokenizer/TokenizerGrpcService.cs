using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.Vocabularies;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Tokenizer;

/// <summary>The Tokenizer of genailab.v1: checks what comes in, leaves the cutting to the vocabularies.</summary>
public sealed class TokenizerGrpcService : V1.Tokenizer.TokenizerBase
{
    /// <summary>The longest text, in bytes of UTF-8.</summary>
    public const int MaximumTextBytes = 1024 * 1024;

    /// <summary>The most token ids in one message.</summary>
    public const int MaximumTokens = 131_072;

    private const int MaximumPiecesInMessage = 4096;
    private const int MaximumPieceBytesInMessage = 1024 * 1024;
    private const int MaximumDecodedBytes = 8 * 1024 * 1024;

    private readonly VocabularyCatalog _catalog;
    private readonly TokenizerTelemetry _telemetry;

    internal TokenizerGrpcService(VocabularyCatalog catalog, TokenizerTelemetry telemetry)
    {
        _catalog = catalog;
        _telemetry = telemetry;
    }

    /// <inheritdoc/>
    public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("encode", vocabulary.Name);
        var bytes = CheckText(request.Text);
        var tokens = vocabulary.Encode(
            request.Text, request.AddSpecialTokens, request.ParseSpecialTokens, context.CancellationToken);
        var response = new EncodeResponse { Vocabulary = Identify(vocabulary) };
        response.Tokens.Capacity = tokens.Count;
        var characters = new CharacterOffsets(request.Text);
        foreach (var token in tokens)
        {
            var (offset, length) = characters.Next(token.ByteOffset, token.ByteLength);
            response.Tokens.Add(new Token
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

        _telemetry.Encoded(activity, vocabulary.Name, bytes, tokens.Count);
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

        using var text = new MemoryStream();
        for (var at = 0; at < ids.Count; at++)
        {
            var id = ids[at];
            if ((uint)id >= (uint)vocabulary.Size || vocabulary.Piece(id).IsEmpty)
            {
                RpcErrors.ThrowInvalidArgument("tokens.ids", $"number {at} is {id}, which is no token of '{vocabulary.Name}'");
            }

            if (!request.SkipSpecialTokens || !vocabulary.IsSpecial(id))
            {
                text.Write(vocabulary.Piece(id).Span);
            }

            if (text.Length > MaximumDecodedBytes)
            {
                RpcErrors.ThrowInvalidArgument("tokens.ids", $"they stand for more than {MaximumDecodedBytes:N0} bytes of text");
            }
        }

        var bytes = text.ToArray();
        _telemetry.Decoded(activity, vocabulary.Name, bytes.Length, ids.Count);
        return Task.FromResult(new DecodeResponse
        {
            Vocabulary = Identify(vocabulary),
            Text = Encoding.UTF8.GetString(bytes),
            TextBytes = UnsafeByteOperations.UnsafeWrap(bytes),
        });
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
        Task.FromResult(new ListVocabulariesResponse
        {
            DefaultVocabulary = _catalog.DefaultName,
            Vocabularies = { _catalog.List().Select(Identify) },
        });

    private static VocabularyIdentity Identify(IVocabulary vocabulary) =>
        new() { Name = vocabulary.Name, Sha256 = vocabulary.Sha256, Size = vocabulary.Size };

    private static int CheckText(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaximumTextBytes)
        {
            RpcErrors.ThrowInvalidArgument("text", $"{bytes:N0} bytes of UTF-8; at most {MaximumTextBytes:N0}");
        }

        // Cannot come over the wire, but from a caller in the same process.
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                RpcErrors.ThrowInvalidArgument("text", $"half a surrogate pair at {at}");
            }

            at++;
        }

        return bytes;
    }
}
