using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Sampling.Tests;

/// <summary>Programs as they come over the wire, here in the contract's own JSON, and the field that is refused.</summary>
public sealed class SamplingOptionsTests
{
    [Theory]
    [InlineData("""{ "temperature": -0.1 }""", "temperature")]
    [InlineData("""{ "temperature": "NaN" }""", "temperature")]
    [InlineData("""{ "temperature": 100.1 }""", "temperature")]
    [InlineData("""{ "temperature": "Infinity" }""", "temperature")]
    [InlineData("""{ "topK": -1 }""", "top_k")]
    [InlineData("""{ "topP": 0 }""", "top_p")]
    [InlineData("""{ "topP": 1.01 }""", "top_p")]
    [InlineData("""{ "topP": "NaN" }""", "top_p")]
    [InlineData("""{ "minP": -0.5 }""", "min_p")]
    [InlineData("""{ "minP": 1.5 }""", "min_p")]
    [InlineData("""{ "minP": "NaN" }""", "min_p")]
    [InlineData("""{ "temperatureRange": -1 }""", "temperature_range")]
    [InlineData("""{ "temperatureRange": "NaN" }""", "temperature_range")]
    [InlineData("""{ "temperatureRange": 1, "temperatureExponent": 0 }""", "temperature_exponent")]
    [InlineData("""{ "temperatureRange": 1, "temperatureExponent": 10.5 }""", "temperature_exponent")]
    [InlineData("""{ "typicalP": 0 }""", "typical_p")]
    [InlineData("""{ "typicalP": "NaN" }""", "typical_p")]
    [InlineData("""{ "topNSigma": 0 }""", "top_n_sigma")]
    [InlineData("""{ "topNSigma": 101 }""", "top_n_sigma")]
    [InlineData("""{ "xtcProbability": 1.1 }""", "xtc_probability")]
    [InlineData("""{ "xtcProbability": 1, "xtcThreshold": 0.6 }""", "xtc_threshold")]
    [InlineData("""{ "xtcProbability": 1, "xtcThreshold": 0 }""", "xtc_threshold")]
    [InlineData("""{ "repetitionPenalty": 0 }""", "repetition_penalty")]
    [InlineData("""{ "repetitionPenalty": 10.5 }""", "repetition_penalty")]
    [InlineData("""{ "presencePenalty": -2.1 }""", "presence_penalty")]
    [InlineData("""{ "frequencyPenalty": 2.1 }""", "frequency_penalty")]
    [InlineData("""{ "frequencyPenalty": "NaN" }""", "frequency_penalty")]
    [InlineData("""{ "penaltyWindow": 0 }""", "penalty_window")]
    [InlineData("""{ "penaltyWindow": 131073 }""", "penalty_window")]
    [InlineData("""{ "dry": { "multiplier": -1 } }""", "dry.multiplier")]
    [InlineData("""{ "dry": { "multiplier": 1, "base": 0.5 } }""", "dry.base")]
    [InlineData("""{ "dry": { "multiplier": 1, "allowedLength": 0 } }""", "dry.allowed_length")]
    [InlineData("""{ "dry": { "multiplier": 1, "window": 0 } }""", "dry.window")]
    [InlineData("""{ "logitBias": [{ "tokenId": 1, "bias": 1 }, { "tokenId": 2, "bias": 1001 }] }""", "logit_bias[1].bias")]
    [InlineData("""{ "logitBias": [{ "tokenId": 1, "bias": "NaN" }] }""", "logit_bias[0].bias")]
    [InlineData("""{ "logitBias": [{ "tokenId": 1, "bias": 1 }, { "tokenId": 1, "bias": 2 }] }""", "logit_bias[1].token_id")]
    [InlineData("""{ "minTokens": -1 }""", "min_tokens")]
    [InlineData("""{ "mirostat": { "tau": 0 } }""", "mirostat.tau")]
    [InlineData("""{ "mirostat": { "tau": 33 } }""", "mirostat.tau")]
    [InlineData("""{ "mirostat": { "eta": 0 } }""", "mirostat.eta")]
    [InlineData("""{ "mirostat": { "mu": "Infinity" } }""", "mirostat.mu")]
    [InlineData("""{ "order": ["SAMPLER_STEP_UNSPECIFIED"] }""", "order[0]")]
    [InlineData("""{ "order": ["SAMPLER_STEP_DRY", 77] }""", "order[1]")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_P", "SAMPLER_STEP_TOP_P"] }""", "order[1]")]
    public void NamesTheFieldThatIsOutOfRange(string program, string field) =>
        Assert.Equal(field, Assert.Single(Options(program).Validate()).Field);

    [Theory]
    [InlineData("""{ "temperature": 0, "temperatureRange": 1 }""", "temperature_range")]
    [InlineData("""{ "temperatureExponent": 2 }""", "temperature_exponent")]
    [InlineData("""{ "xtcThreshold": 0.2 }""", "xtc_threshold")]
    [InlineData("""{ "bannedTokens": [1, 2], "logitBias": [{ "tokenId": 2, "bias": 1 }] }""", "banned_tokens[1]")]
    [InlineData("""{ "mirostat": {}, "temperature": 0 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "topK": 1 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "topP": 0.9 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "minP": 0.1 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "typicalP": 0.9 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "topNSigma": 1 }""", "mirostat")]
    [InlineData("""{ "mirostat": {}, "xtcProbability": 0.5 }""", "mirostat")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_K"], "topP": 0.9 }""", "order")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_K"], "temperature": 0 }""", "order")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_K"], "temperatureRange": 1 }""", "order")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_K"], "presencePenalty": 1 }""", "order")]
    [InlineData("""{ "order": ["SAMPLER_STEP_TOP_K"], "dry": { "multiplier": 1 } }""", "order")]
    public void NamesTheFieldThatContradictsAnother(string program, string field) =>
        Assert.Equal(field, Assert.Single(Options(program).Validate()).Field);

    [Theory]
    [InlineData("""{ "bannedTokens": [0, 4] }""", "banned_tokens[1]")]
    [InlineData("""{ "bannedTokens": [-1] }""", "banned_tokens[0]")]
    [InlineData("""{ "logitBias": [{ "tokenId": 4, "bias": 1 }] }""", "logit_bias[0].token_id")]
    [InlineData("""{ "dry": { "multiplier": 1, "sequenceBreakerIds": [1, -2] } }""", "dry.sequence_breaker_ids[1]")]
    [InlineData("""{ "bannedTokens": [0, 1, 2, 3] }""", "banned_tokens")]
    [InlineData("""{ "bannedTokens": [0, 1, 2], "logitBias": [{ "tokenId": 3, "bias": -100 }] }""", "banned_tokens")]
    [InlineData("""{ "bannedTokens": [0, 1, 2], "minTokens": 1 }""", "banned_tokens")]
    [InlineData("""{ "minTokens": 11 }""", "min_tokens")]
    public void NamesTheFieldThatDoesNotFitTheModelOrTheRequest(string program, string field)
    {
        var options = Options(program);
        Assert.Empty(options.Validate());
        Assert.Equal(field, Assert.Single(options.ValidateFor(4, 10, [3])).Field);
    }

    [Fact]
    public void RefusesListsThatAreTooLong()
    {
        var program = new SamplingProgram { Dry = new DryPenalty { Multiplier = 1 } };
        program.Dry.SequenceBreakerIds.AddRange(Enumerable.Range(0, 65_537));
        Assert.Equal("dry.sequence_breaker_ids", Assert.Single(program.ToOptions().Validate()).Field);
        program = new SamplingProgram { BannedTokens = { Enumerable.Range(0, 1_025) } };
        Assert.Equal("banned_tokens", Assert.Single(program.ToOptions().Validate()).Field);
        program = new SamplingProgram { LogitBias = { Enumerable.Range(0, 1_025).Select(static id => new LogitBias { TokenId = id }) } };
        Assert.Equal("logit_bias", Assert.Single(program.ToOptions().Validate()).Field);
        program = new SamplingProgram { Order = { Enumerable.Repeat(SamplerStep.Dry, 100_000) } };
        Assert.InRange(program.ToOptions().Validate().Count, 1, 10);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "temperature": 0, "topP": 1, "minP": 1, "topK": 2147483647 }""")]
    [InlineData("""{ "temperature": 100, "topP": 1e-45, "temperatureRange": 100, "temperatureExponent": 10 }""")]
    [InlineData("""{ "mirostat": { "tau": 32, "eta": 1, "mu": -3 }, "temperature": 2, "topP": 1, "topK": 0 }""")]
    [InlineData("""{ "order": ["SAMPLER_STEP_XTC", "SAMPLER_STEP_TEMPERATURE"], "temperature": 0.5, "xtcProbability": 1, "xtcThreshold": 0.5 }""")]
    [InlineData("""{ "logitBias": [{ "tokenId": 3, "bias": -1000 }], "bannedTokens": [1, 1, 2], "minTokens": 10 }""")]
    [InlineData("""{ "dry": { "multiplier": 100, "base": 10, "allowedLength": 1024, "window": 131072 }, "penaltyWindow": 131072 }""")]
    public void AcceptsTheDefaultsAndTheEdges(string program)
    {
        Assert.Empty(Options(program).Validate());
        Assert.Empty(Options(program).ValidateFor(4, 10, []));
    }

    [Fact]
    public void WhatIsUnsetHasTheContractsDefault()
    {
        var options = Options("""{ "dry": {}, "mirostat": {} }""");
        Assert.Equal((1f, 0, 1f, 0f, 1f), (options.Temperature, options.TopK, options.TopP, options.MinP, options.TypicalP));
        Assert.Equal((1f, 0f, 0f, 0, 0f), (options.RepetitionPenalty, options.PresencePenalty, options.FrequencyPenalty, options.MinTokens, options.XtcProbability));
        Assert.Equal((0f, 1.75f, 2, null), (options.Dry!.Multiplier, options.Dry.Base, options.Dry.AllowedLength, options.Dry.Window));
        Assert.Equal((5f, 0.1f, null), (options.Mirostat!.Tau, options.Mirostat.Eta, options.Mirostat.Mu));
        Assert.Equal(10f, new TokenSampler(options, 10, [], [], 0).MirostatMu);
    }

    private static SamplingOptions Options(string program) => JsonParser.Default.Parse<SamplingProgram>(program).ToOptions();
}
