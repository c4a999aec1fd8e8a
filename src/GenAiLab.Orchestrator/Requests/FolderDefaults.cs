using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>
/// How a model's folder wants to be sampled, where a request leaves it open. What would contradict the request is
/// left out: a caller who asks for mirostat does not have to know that the folder asks for top-k.
/// </summary>
internal static class FolderDefaults
{
    /// <summary>Tokens generated when neither the request nor the folder says.</summary>
    public const int MaxTokens = 128;

    /// <summary>The request with its sampling program and <c>max_tokens</c> filled in.</summary>
    public static GenerateRequest Apply(GenerateRequest request, DecoderDescription model)
    {
        var defaults = model.Card?.Defaults ?? new GenerationDefaults();
        var filled = request.Clone();
        if (!filled.HasMaxTokens)
        {
            filled.MaxTokens = Math.Min(defaults.HasMaxTokens ? defaults.MaxTokens : MaxTokens, model.ContextLength);
        }

        filled.Sampling ??= new SamplingProgram();
        if (filled.BeamSearch is null)
        {
            FillTemperature(filled.Sampling, defaults);
            FillTruncation(filled.Sampling, defaults);
            if (defaults.HasRepetitionPenalty && !filled.Sampling.HasRepetitionPenalty && Runs(filled.Sampling, SamplerStep.Penalties))
            {
                filled.Sampling.RepetitionPenalty = defaults.RepetitionPenalty;
            }
        }

        if (defaults.HasMinTokens && !filled.Sampling.HasMinTokens && filled.Constraint is null && defaults.MinTokens <= filled.MaxTokens)
        {
            filled.Sampling.MinTokens = defaults.MinTokens;
        }

        return filled;
    }

    private static void FillTemperature(SamplingProgram sampling, GenerationDefaults defaults)
    {
        var contradicts = defaults.Temperature == 0 && (sampling.Mirostat is not null || sampling.TemperatureRange > 0);
        if (defaults.HasTemperature && !sampling.HasTemperature && !contradicts && Runs(sampling, SamplerStep.Temperature))
        {
            sampling.Temperature = defaults.Temperature;
        }
    }

    private static void FillTruncation(SamplingProgram sampling, GenerationDefaults defaults)
    {
        if (sampling.Mirostat is not null)
        {
            return;
        }

        if (defaults.HasTopK && !sampling.HasTopK && Runs(sampling, SamplerStep.TopK))
        {
            sampling.TopK = defaults.TopK;
        }

        if (defaults.HasTopP && !sampling.HasTopP && Runs(sampling, SamplerStep.TopP))
        {
            sampling.TopP = defaults.TopP;
        }

        if (defaults.HasMinP && !sampling.HasMinP && Runs(sampling, SamplerStep.MinP))
        {
            sampling.MinP = defaults.MinP;
        }

        if (defaults.HasTypicalP && !sampling.HasTypicalP && Runs(sampling, SamplerStep.TypicalP))
        {
            sampling.TypicalP = defaults.TypicalP;
        }
    }

    private static bool Runs(SamplingProgram sampling, SamplerStep step) => sampling.Order.Count == 0 || sampling.Order.Contains(step);
}
