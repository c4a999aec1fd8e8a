using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Media;

/// <summary>
/// Makes a request for a medium one for tokens: the codes may come and nothing else, as many as the medium has. The decoder
/// and the loop know nothing of it.
/// </summary>
internal sealed class MediaPlanner(TextEncoder encoder)
{
    private const int MaximumBanned = 1_024;

    /// <summary>The medium that is to be made; null: a text is.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: the model cannot make any.</exception>
    public async Task<MediaPlan?> PlanAsync(GenerateRequest request, DecoderDescription model, CallLimits options)
    {
        if (request.MediaOutput is not { } output)
        {
            return null;
        }

        var pieces = await encoder.PiecesAsync(model, options);
        if (pieces.Codec is not { } codec)
        {
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' makes texts: its folder has no codec.json");
        }

        if (codec.FirstCodeId + codec.CodeCount > model.VocabularySize || codec.BeginId >= model.VocabularySize)
        {
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' has {model.VocabularySize:N0} tokens, and the codec of its vocabulary needs more");
        }

        if (codec.HasEndId && !model.EndOfSequenceIds.Contains(codec.EndId))
        {
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' does not end with the token that ends the codes; its configuration must name it as an end of sequence");
        }

        if (model.VocabularySize - codec.CodeCount > MaximumBanned)
        {
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' has more than {MaximumBanned:N0} tokens that are no codes");
        }

        return new MediaPlan(codec, pieces.Identity.Name, output.PreviewInterval);
    }

    /// <summary>The request with as many tokens as the medium has; the others are banned by <see cref="Ban"/> when it has been checked.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it asks for more.</exception>
    public static GenerateRequest Measure(GenerateRequest request, MediaPlan? media)
    {
        if (media is null)
        {
            return request;
        }

        // The token that ends the codes is one more.
        var most = media.Codec.MaximumLength + (media.Codec.HasEndId ? 1 : 0);
        if (request.HasMaxTokens && request.MaxTokens > most)
        {
            RpcErrors.ThrowInvalidArgument("max_tokens", $"must be at most {most}, the length of the longest medium");
        }

        var measured = request.Clone();
        measured.MaxTokens = request.HasMaxTokens ? request.MaxTokens : most;
        return measured;
    }

    /// <summary>Excludes every token that is no code, and an end before the shortest medium.</summary>
    public static void Ban(SamplingProgram sampling, MediaPlan? media, DecoderDescription model, int maxTokens)
    {
        if (media is null)
        {
            return;
        }

        var end = media.Codec.HasEndId ? media.Codec.EndId : -1;
        sampling.BannedTokens.Clear();
        sampling.BannedTokens.AddRange(Enumerable.Range(0, model.VocabularySize).Where(id => !media.IsCode(id) && id != end));
        sampling.MinTokens = Math.Min(media.Codec.MinimumLength, maxTokens);
    }

    /// <summary>Ends the prompt with the token that begins the codes.</summary>
    public static void Begin(IList<TokenPiece> prompt, MediaPlan? media)
    {
        if (media is not null && (prompt.Count == 0 || prompt[^1].Id != media.Codec.BeginId))
        {
            prompt.Add(new TokenPiece { Id = media.Codec.BeginId, Piece = ByteString.Empty });
        }
    }
}
