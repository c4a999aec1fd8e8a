using GenAiLab.Models.Folders;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Serving;

/// <summary>The limits of the contract. All throw INVALID_ARGUMENT with the field's name.</summary>
internal static class RequestChecks
{
    public const int MaximumTokenIds = 131_072;
    public const int MaximumTop = 1024;
    public const int DefaultTop = 64;
    public const int MaximumAlternatives = 20;

    public static int[] Prompt(TokenIds? prompt, string field, GenAiConfig config)
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

    public static int TokenId(int id, string field, GenAiConfig config)
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

    public static SamplingOptions Sampling(SamplingProgram? program)
    {
        program ??= new SamplingProgram();
        var options = new SamplingOptions
        {
            Temperature = program.HasTemperature ? program.Temperature : 1,
            TopK = program.TopK,
            TopP = program.HasTopP ? program.TopP : 1,
            MinP = program.MinP,
            Seed = program.Seed,
        };
        foreach (var (field, description) in options.Validate())
        {
            throw RpcErrors.InvalidArgument($"sampling.{field}", description);
        }

        if (!options.IsGreedy && !program.HasSeed)
        {
            throw RpcErrors.InvalidArgument("sampling.seed", "must be set when the temperature is not 0");
        }

        return options;
    }
}
