using System.Text;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>The limits of the contract. Each throws INVALID_ARGUMENT naming the field.</summary>
internal static class RequestValidation
{
    public const int MaximumTextBytes = 1024 * 1024;
    public const int MaximumPromptIds = 131_072;
    public const int MaximumStops = 16;
    public const int MaximumStopBytes = 256;
    public const int MaximumAlternatives = 20;
    public const int MaximumBreakers = 16;
    public const int MaximumBreakerBytes = 40;

    /// <summary>What can be told from the request alone.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(GenerateRequest request)
    {
        ValidatePrompt(request);
        ValidateSampling(request.Sampling.ToOptions().Validate());
        ValidateBreakers(request);
        if (request is { HasMaxTokens: true, MaxTokens: < 1 })
        {
            RpcErrors.ThrowInvalidArgument("max_tokens", "must be at least 1");
        }

        ValidateStops(request.Stop);
        CandidateValidation.Validate(request);
        ConstraintValidation.Validate(request);
        if (!Enum.IsDefined(request.Mode))
        {
            RpcErrors.ThrowInvalidArgument("mode", "is not a loop mode");
        }

        if (!Enum.IsDefined(request.Overflow))
        {
            RpcErrors.ThrowInvalidArgument("overflow", "is not a way to deal with what is too long");
        }

        if (request.Alternatives is < 0 or > MaximumAlternatives)
        {
            RpcErrors.ThrowInvalidArgument("alternatives", $"must be in [0, {MaximumAlternatives}]");
        }
    }

    /// <summary>What depends on the model; the folder's defaults are filled in.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidateFor(DecoderDescription model, GenerateRequest request)
    {
        if (request.MaxTokens > model.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument("max_tokens", $"must be at most {model.ContextLength}, the context length of the model '{model.Name}'");
        }

        ValidateSampling(request.Sampling.ToOptions().ValidateFor(model.VocabularySize, request.MaxTokens, model.EndOfSequenceIds));
        if (request.PromptCase != GenerateRequest.PromptOneofCase.Tokens)
        {
            return;
        }

        for (var index = 0; index < request.Tokens.Ids.Count; index++)
        {
            var id = request.Tokens.Ids[index];
            if ((uint)id >= (uint)model.VocabularySize)
            {
                RpcErrors.ThrowInvalidArgument($"tokens.ids[{index}]", $"{id} is outside the vocabulary, [0, {model.VocabularySize})");
            }
        }
    }

    /// <summary>A prompt must leave room for one token.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidatePromptLength(int tokens, DecoderDescription model)
    {
        if (tokens == 0)
        {
            RpcErrors.ThrowInvalidArgument("prompt", "has no tokens");
        }

        if (tokens >= model.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument("prompt", $"{tokens} tokens, the model '{model.Name}' takes at most {model.ContextLength - 1}");
        }
    }

    private static void ValidatePrompt(GenerateRequest request)
    {
        switch (request.PromptCase)
        {
            case GenerateRequest.PromptOneofCase.Text when request.Text.Length == 0:
                RpcErrors.ThrowInvalidArgument("text", "is empty");
                break;
            case GenerateRequest.PromptOneofCase.Text when Encoding.UTF8.GetByteCount(request.Text) > MaximumTextBytes:
                RpcErrors.ThrowInvalidArgument("text", $"is longer than {MaximumTextBytes} bytes of UTF-8");
                break;
            case GenerateRequest.PromptOneofCase.Tokens when request.Tokens.Ids.Count == 0:
                RpcErrors.ThrowInvalidArgument("tokens.ids", "is empty");
                break;
            case GenerateRequest.PromptOneofCase.Tokens when request.Tokens.Ids.Count > MaximumPromptIds:
                RpcErrors.ThrowInvalidArgument("tokens.ids", $"has more than {MaximumPromptIds} ids");
                break;
            case GenerateRequest.PromptOneofCase.Chat:
                ChatValidation.Validate(request.Chat.Messages);
                ToolValidation.Validate(request.Chat.Tools, "chat.tools");
                break;
            case GenerateRequest.PromptOneofCase.None:
                RpcErrors.ThrowInvalidArgument("prompt", "is missing: set text, tokens, chat or media");
                break;
        }
    }

    private static void ValidateSampling(IReadOnlyList<SamplingViolation> violations)
    {
        foreach (var violation in violations)
        {
            RpcErrors.ThrowInvalidArgument($"sampling.{violation.Field}", violation.Description);
        }
    }

    private static void ValidateBreakers(GenerateRequest request)
    {
        if (request.DrySequenceBreakers.Count > 0 && request.Sampling?.Dry is null)
        {
            RpcErrors.ThrowInvalidArgument("dry_sequence_breakers", "has no meaning without sampling.dry");
        }

        if (request.DrySequenceBreakers.Count > MaximumBreakers)
        {
            RpcErrors.ThrowInvalidArgument("dry_sequence_breakers", $"has more than {MaximumBreakers} strings");
        }

        for (var index = 0; index < request.DrySequenceBreakers.Count; index++)
        {
            if (Encoding.UTF8.GetByteCount(request.DrySequenceBreakers[index]) is < 1 or > MaximumBreakerBytes)
            {
                RpcErrors.ThrowInvalidArgument($"dry_sequence_breakers[{index}]", $"must be 1 to {MaximumBreakerBytes} bytes of UTF-8");
            }
        }
    }

    private static void ValidateStops(IReadOnlyList<string> stops)
    {
        if (stops.Count > MaximumStops)
        {
            RpcErrors.ThrowInvalidArgument("stop", $"has more than {MaximumStops} sequences");
        }

        for (var index = 0; index < stops.Count; index++)
        {
            if (Encoding.UTF8.GetByteCount(stops[index]) is < 1 or > MaximumStopBytes)
            {
                RpcErrors.ThrowInvalidArgument($"stop[{index}]", $"must be 1 to {MaximumStopBytes} bytes of UTF-8");
            }
        }
    }
}
