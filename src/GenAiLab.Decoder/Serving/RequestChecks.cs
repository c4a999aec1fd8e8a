using GenAiLab.Models.Folders;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Decoder.Serving;

/// <summary>The limits of the contract. All throw INVALID_ARGUMENT with the field's name.</summary>
internal static class RequestChecks
{
    public const int MaximumTokenIds = 131_072;
    public const int MaximumTop = 1024;
    public const int DefaultTop = 64;
    public const int MaximumAlternatives = 20;
    public const int MaximumAppend = 64;
    public const int MaximumCandidates = 16;
    public const int MaximumReservedForks = 15;
    public const int MaximumPriority = 10;
    public const int MaximumTenantBytes = 128;

    public static int[] Prompt(TokenIds? prompt, string field, DecoderConfig config)
    {
        if (prompt is null || prompt.Ids.Count == 0)
        {
            throw RpcErrors.InvalidArgument(field, "must hold at least one token id");
        }

        if (prompt.Ids.Count > MaximumTokenIds)
        {
            throw RpcErrors.InvalidArgument(field, $"must hold at most {MaximumTokenIds:N0} token ids");
        }

        if (prompt.Ids.Count >= config.ContextLength)
        {
            throw RpcErrors.InvalidArgument(
                field, $"holds {prompt.Ids.Count} tokens; the context window of {config.ContextLength} leaves room for {config.ContextLength - 1}");
        }

        for (var at = 0; at < prompt.Ids.Count; at++)
        {
            TokenId(prompt.Ids[at], $"{field}.ids[{at}]", config);
        }

        return [.. prompt.Ids];
    }

    /// <summary>Whose request it is, with nothing set when that is not said.</summary>
    /// <param name="admission">What the caller claims.</param>
    /// <param name="field">Its name in errors.</param>
    /// <param name="keyTenant">Whose API key it came with; what the caller claims divides that tenant further, and leads out of it never.</param>
    public static Admission Admission(Admission? admission, string field, string? keyTenant)
    {
        admission ??= new Admission();
        if (System.Text.Encoding.UTF8.GetByteCount(admission.Tenant) > MaximumTenantBytes)
        {
            throw RpcErrors.InvalidArgument($"{field}.tenant", $"must hold at most {MaximumTenantBytes} bytes");
        }

        Range(admission.Priority, -MaximumPriority, MaximumPriority, $"{field}.priority");
        if (keyTenant is null)
        {
            return admission;
        }

        // The tenant of a key holds no slash.
        var own = admission.Clone();
        own.Tenant = $"{keyTenant}/{admission.Tenant}";
        return own;
    }

    /// <summary>Tokens that nothing is added to: as many as the window holds.</summary>
    public static int[] Sequence(TokenIds? tokens, string field, DecoderConfig config, int least)
    {
        if (tokens is null || tokens.Ids.Count < least || tokens.Ids.Count > Math.Min(config.ContextLength, MaximumTokenIds))
        {
            throw RpcErrors.InvalidArgument(field, $"must hold from {least} to {Math.Min(config.ContextLength, MaximumTokenIds)} token ids");
        }

        for (var at = 0; at < tokens.Ids.Count; at++)
        {
            TokenId(tokens.Ids[at], $"{field}.ids[{at}]", config);
        }

        return [.. tokens.Ids];
    }

    /// <summary>The tokens that a distribution may hold, as a bitmap; empty: all.</summary>
    public static void AllowedTokens(ByteString allowed, DistributionForm form, string field, DecoderConfig config)
    {
        if (allowed.IsEmpty)
        {
            return;
        }

        if (form == DistributionForm.Full)
        {
            throw RpcErrors.InvalidArgument(field, "must be empty for DISTRIBUTION_FORM_FULL");
        }

        if (allowed.Length != Engine.AllowedTokens.Bytes(config.VocabularySize))
        {
            throw RpcErrors.InvalidArgument(field, $"must hold {Engine.AllowedTokens.Bytes(config.VocabularySize)} bytes for {config.VocabularySize} tokens");
        }

        if (!Engine.AllowedTokens.Any(allowed.Span, config.VocabularySize))
        {
            throw RpcErrors.InvalidArgument(field, "must allow at least one token");
        }
    }

    /// <summary>An append to a stream of <paramref name="length"/> tokens.</summary>
    /// <returns>The stream's new length.</returns>
    public static int Append(StepAppend append, int length, DistributionForm form, DecoderConfig config)
    {
        AllowedTokens(append.AllowedTokens, form, "append.allowed_tokens", config);
        if (append.EveryPosition && !append.AllowedTokens.IsEmpty)
        {
            throw RpcErrors.InvalidArgument("append.allowed_tokens", "must be empty when every position is asked for");
        }

        if (append.HasRewindTo)
        {
            Range(append.RewindTo, 1, length, "append.rewind_to");
        }

        var kept = append.HasRewindTo ? append.RewindTo : length;
        Range(append.TokenIds.Count, 1, MaximumAppend, "append.token_ids", "holds", "token ids");
        Range(kept + append.TokenIds.Count, 1, config.ContextLength, "append.token_ids", "makes the stream", "tokens long");
        for (var at = 0; at < append.TokenIds.Count; at++)
        {
            TokenId(append.TokenIds[at], $"append.token_ids[{at}]", config);
        }

        return kept + append.TokenIds.Count;
    }

    private static void Range(int value, int least, int most, string field, string verb, string unit)
    {
        if (value < least || value > most)
        {
            throw RpcErrors.InvalidArgument(field, $"{verb} {value} {unit}; must be in [{least}, {most}]");
        }
    }

    public static int TokenId(int id, string field, DecoderConfig config)
    {
        if (id < 0 || id >= config.VocabularySize)
        {
            throw RpcErrors.InvalidArgument(field, $"must be in [0, {config.VocabularySize})");
        }

        return id;
    }

    public static void Range(int value, int least, int most, string field)
    {
        if (value < least || value > most)
        {
            throw RpcErrors.InvalidArgument(field, $"must be in [{least}, {most}]");
        }
    }

    /// <summary>The sampling program of a request whose counts are checked.</summary>
    public static SamplingOptions Sampling(GenerateTokensRequest request, DecoderConfig config)
    {
        var options = request.Sampling.ToOptions();
        Refuse(options.Validate());
        // A generation that is resumed has some of its tokens already.
        var maxTokens = request.MaxTokens == 0 ? config.ContextLength : request.MaxTokens;
        Refuse(options.ValidateFor(config.VocabularySize, (long)maxTokens + request.FirstPosition, config.EosTokenIds));
        if (!options.IsGreedy && request.Sampling?.HasSeed != true)
        {
            throw RpcErrors.InvalidArgument("sampling.seed", "must be set when the temperature is not 0");
        }

        return options;

        static void Refuse(IReadOnlyList<SamplingViolation> violations)
        {
            foreach (var (field, description) in violations)
            {
                throw RpcErrors.InvalidArgument($"sampling.{field}", description);
            }
        }
    }
}
