using System.Globalization;
using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>
/// The sampling parameters under the names that clients use: OpenAI's, and of the others those of vLLM and
/// llama.cpp's server. What is out of range is the contract's to refuse.
/// </summary>
internal static class SamplingFields
{
    // "All" of the servers that write it so.
    private const int AllTokens = -1;

    /// <summary>The names under which the contract's fields are known here, where they differ.</summary>
    public static IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>
    {
        ["penalty_window"] = "repeat_last_n",
        ["temperature_range"] = "dynatemp_range",
        ["temperature_exponent"] = "dynatemp_exponent",
        ["dry"] = "dry_multiplier",
    };

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the parameter.</exception>
    public static SamplingProgram Read(JsonFields fields)
    {
        var program = new SamplingProgram();
        Set(fields.Number("temperature"), value => program.Temperature = value);
        // OpenAI's range begins at 0, which leaves the most probable token.
        Set(fields.Number("top_p"), value => program.TopP = value == 0 ? float.Epsilon : value);
        Set(fields.Whole("top_k"), value => program.TopK = value == AllTokens ? 0 : value);
        Set(fields.Number("min_p"), value => program.MinP = value);
        Set(fields.Number("typical_p"), value => program.TypicalP = value);
        Set(fields.Number("top_n_sigma"), value => program.TopNSigma = value);
        Set(fields.Number("xtc_probability"), value => program.XtcProbability = value);
        Set(fields.Number("xtc_threshold"), value => program.XtcThreshold = value);
        Set(fields.Number("presence_penalty"), value => program.PresencePenalty = value);
        Set(fields.Number("frequency_penalty"), value => program.FrequencyPenalty = value);
        Set(fields.Number("repeat_penalty"), value => program.RepetitionPenalty = value);
        Set(fields.Number("repetition_penalty"), value => program.RepetitionPenalty = value);
        Set(fields.Whole("repeat_last_n"), value =>
        {
            if (value != AllTokens)
            {
                program.PenaltyWindow = value;
            }
        });
        Set(fields.Number("dynatemp_range"), value => program.TemperatureRange = value);
        Set(fields.Number("dynatemp_exponent"), value => program.TemperatureExponent = value);
        Set(fields.Whole("min_tokens"), value => program.MinTokens = value);
        // Any 64 bits are a seed.
        Set(fields.Long("seed"), value => program.Seed = unchecked((ulong)value));
        ReadDry(fields, program);
        ReadMirostat(fields, program);
        program.LogitBias.AddRange(LogitBiases(fields));
        return program;
    }

    private static void ReadDry(JsonFields fields, SamplingProgram program)
    {
        if (fields.Number("dry_multiplier") is { } multiplier)
        {
            program.Dry = new DryPenalty { Multiplier = multiplier };
            Set(fields.Number("dry_base"), value => program.Dry.Base = value);
            Set(fields.Whole("dry_allowed_length"), value => program.Dry.AllowedLength = value);
        }
    }

    private static void ReadMirostat(JsonFields fields, SamplingProgram program)
    {
        switch (fields.Whole("mirostat"))
        {
            case null or 0:
                break;
            case 2:
                program.Mirostat = new Mirostat();
                Set(fields.Number("mirostat_tau"), value => program.Mirostat.Tau = value);
                Set(fields.Number("mirostat_eta"), value => program.Mirostat.Eta = value);
                break;
            default:
                throw fields.Wrong("mirostat", "must be 0 (off) or 2");
        }
    }

    private static IEnumerable<LogitBias> LogitBiases(JsonFields fields)
    {
        if (fields.Any("logit_bias") is not { } map)
        {
            yield break;
        }

        if (map.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("logit_bias", "must be an object of token ids and numbers");
        }

        foreach (var entry in map.EnumerateObject())
        {
            yield return int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetSingle(out var bias)
                ? new LogitBias { TokenId = id, Bias = bias }
                : throw fields.Wrong("logit_bias", "must be an object of token ids and numbers");
        }
    }

    private static void Set<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } given)
        {
            set(given);
        }
    }
}
