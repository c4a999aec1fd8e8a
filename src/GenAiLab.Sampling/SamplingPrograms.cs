using GenAiLab.V1;

namespace GenAiLab.Sampling;

/// <summary>The contract's sampling program in the sampler's terms: the one place that knows both.</summary>
public static class SamplingPrograms
{
    /// <summary>The options of a program; what is unset keeps the contract's default. Not checked.</summary>
    /// <param name="program">Null: the defaults.</param>
    public static SamplingOptions ToOptions(this SamplingProgram? program)
    {
        program ??= new SamplingProgram();
        return new SamplingOptions
        {
            Temperature = program.HasTemperature ? program.Temperature : 1,
            TemperatureRange = program.HasTemperatureRange ? program.TemperatureRange : null,
            TemperatureExponent = program.HasTemperatureExponent ? program.TemperatureExponent : null,
            TopK = program.TopK,
            TopP = program.HasTopP ? program.TopP : 1,
            MinP = program.MinP,
            TypicalP = program.HasTypicalP ? program.TypicalP : 1,
            TopNSigma = program.HasTopNSigma ? program.TopNSigma : null,
            XtcProbability = program.XtcProbability,
            XtcThreshold = program.HasXtcThreshold ? program.XtcThreshold : null,
            RepetitionPenalty = program.HasRepetitionPenalty ? program.RepetitionPenalty : 1,
            PresencePenalty = program.PresencePenalty,
            FrequencyPenalty = program.FrequencyPenalty,
            PenaltyWindow = program.HasPenaltyWindow ? program.PenaltyWindow : null,
            Dry = program.Dry is { } dry ? ToOptions(dry) : null,
            LogitBias = [.. program.LogitBias.Select(static entry => new TokenBias(entry.TokenId, entry.Bias))],
            BannedTokens = [.. program.BannedTokens],
            MinTokens = program.MinTokens,
            Mirostat = program.Mirostat is { } mirostat ? ToOptions(mirostat) : null,
            Order = [.. program.Order.Select(static step => (SamplingStep)step)],
            Seed = program.Seed,
        };
    }

    private static DryOptions ToOptions(DryPenalty dry)
    {
        var defaults = new DryOptions();
        return new DryOptions
        {
            Multiplier = dry.Multiplier,
            Base = dry.HasBase ? dry.Base : defaults.Base,
            AllowedLength = dry.HasAllowedLength ? dry.AllowedLength : defaults.AllowedLength,
            Window = dry.HasWindow ? dry.Window : null,
            SequenceBreakers = [.. dry.SequenceBreakerIds],
        };
    }

    private static MirostatOptions ToOptions(Mirostat mirostat)
    {
        var defaults = new MirostatOptions();
        return new MirostatOptions
        {
            Tau = mirostat.HasTau ? mirostat.Tau : defaults.Tau,
            Eta = mirostat.HasEta ? mirostat.Eta : defaults.Eta,
            Mu = mirostat.HasMu ? mirostat.Mu : null,
        };
    }
}
