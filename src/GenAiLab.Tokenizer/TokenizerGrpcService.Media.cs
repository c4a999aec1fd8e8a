using GenAiLab.Media;
using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.Vocabularies;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using MediaKind = GenAiLab.Media.MediaKind;

namespace GenAiLab.Tokenizer;

/// <summary>Pictures, sounds and films.</summary>
public sealed partial class TokenizerGrpcService
{
    private const int MaximumMediaBytes = 4_000_000;

    /// <inheritdoc/>
    public override async Task<EncodeMediaResponse> EncodeMedia(EncodeMediaRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("encode_media", vocabulary.Name);
        var (media, cancellation) = (MediaOf(vocabulary), context.CancellationToken);
        if (request.Media.Length is 0 or > MaximumMediaBytes)
        {
            RpcErrors.ThrowInvalidArgument("media", request.Media.IsEmpty ? "is empty" : $"{request.Media.Length:N0} bytes; at most {MaximumMediaBytes:N0}");
        }

        try
        {
            var codes = await _media.RunAsync(() => media.Codec.Encode(request.Media.Span, cancellation), cancellation);
            var ids = new TokenIds();
            if (request.AddSpecialTokens)
            {
                ids.Ids.Add(media.BeginId);
            }

            ids.Ids.AddRange(codes.Select(code => media.FirstCodeId + code));
            if (request.AddSpecialTokens && media.EndId is { } end)
            {
                ids.Ids.Add(end);
            }

            _telemetry.Encoded(activity, vocabulary.Name, request.Media.Length, codes.Length);
            return new EncodeMediaResponse { Vocabulary = Identify(vocabulary), Tokens = ids };
        }
        catch (UnreadableMediaException error)
        {
            throw RpcErrors.InvalidArgument("media", error.Message);
        }
    }

    /// <inheritdoc/>
    public override async Task<DecodeMediaResponse> DecodeMedia(DecodeMediaRequest request, ServerCallContext context)
    {
        var vocabulary = _catalog.Find(request.Vocabulary);
        using var activity = _telemetry.Start("decode_media", vocabulary.Name);
        var media = MediaOf(vocabulary);
        IReadOnlyList<int> ids = request.Tokens?.Ids ?? [];
        var first = ids.Count > 0 && ids[0] == media.BeginId ? 1 : 0;
        var last = ids.Count > first && ids[^1] == media.EndId ? ids.Count - 1 : ids.Count;
        if (last - first > media.Codec.MaximumLength)
        {
            RpcErrors.ThrowInvalidArgument("tokens.ids", $"{last - first:N0} codes; at most {media.Codec.MaximumLength:N0}");
        }

        var codes = new int[last - first];
        for (var at = first; at < last; at++)
        {
            codes[at - first] = media.IsCode(ids[at])
                ? ids[at] - media.FirstCodeId
                : throw RpcErrors.InvalidArgument("tokens.ids", $"number {at} is {ids[at]}, which is no code of '{vocabulary.Name}'");
        }

        var content = await _media.RunAsync(() => media.Codec.Decode(codes), context.CancellationToken);
        _telemetry.Decoded(activity, vocabulary.Name, content.Length, codes.Length);
        return new DecodeMediaResponse
        {
            Vocabulary = Identify(vocabulary),
            Media = UnsafeByteOperations.UnsafeWrap(content),
            ContentType = media.Codec.ContentType,
            Complete = codes.Length >= media.Codec.MinimumLength,
        };
    }

    private static MediaTokens MediaOf(IVocabulary vocabulary) => vocabulary.Media
        ?? throw RpcErrors.FailedPrecondition($"vocabulary '{vocabulary.Name}' is for texts: its folder has no {MediaCodecFile.FileName}");

    private static MediaCodec? Describe(MediaTokens? media)
    {
        if (media is null)
        {
            return null;
        }

        var codec = new MediaCodec
        {
            Kind = media.Codec.Kind switch
            {
                MediaKind.Picture => V1.MediaKind.Picture,
                MediaKind.Sound => V1.MediaKind.Sound,
                _ => V1.MediaKind.Film,
            },
            ContentType = media.Codec.ContentType,
            FirstCodeId = media.FirstCodeId,
            CodeCount = media.Codec.CodeCount,
            MinimumLength = media.Codec.MinimumLength,
            MaximumLength = media.Codec.MaximumLength,
            BeginId = media.BeginId,
        };
        if (media.EndId is { } end)
        {
            codec.EndId = end;
        }

        return codec;
    }
}
