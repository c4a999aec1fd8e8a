using System.CommandLine;
using GenAiLab.Cli.Commands;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Cli.Tests;

public sealed class SamplerOptionsTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("--temperature 0.5 --top-k 3 --top-p 0.9 --min-p 0.1 --seed 7", """{ "temperature": 0.5, "topK": 3, "topP": 0.9, "minP": 0.1, "seed": "7" }""")]
    [InlineData("--temperature-range 0.5 --temperature-exponent 2 --typical-p 0.9 --top-n-sigma 1.5", """{ "temperatureRange": 0.5, "temperatureExponent": 2, "typicalP": 0.9, "topNSigma": 1.5 }""")]
    [InlineData("--xtc-probability 0.5 --xtc-threshold 0.2 --min-tokens 4", """{ "xtcProbability": 0.5, "xtcThreshold": 0.2, "minTokens": 4 }""")]
    [InlineData("--repetition-penalty 1.1 --presence-penalty 1 --frequency-penalty -1 --penalty-window 64", """{ "repetitionPenalty": 1.1, "presencePenalty": 1, "frequencyPenalty": -1, "penaltyWindow": 64 }""")]
    [InlineData("--dry 0.8 --dry-base 2 --dry-allowed-length 3 --dry-window 99", """{ "dry": { "multiplier": 0.8, "base": 2, "allowedLength": 3, "window": 99 } }""")]
    [InlineData("--logit-bias 5=1.5 --logit-bias 6=-100 --ban 7 --ban 8", """{ "logitBias": [{ "tokenId": 5, "bias": 1.5 }, { "tokenId": 6, "bias": -100 }], "bannedTokens": [7, 8] }""")]
    [InlineData("--mirostat 3 --mirostat-eta 0.2", """{ "mirostat": { "tau": 3, "eta": 0.2 } }""")]
    [InlineData("--order top-k,top-n-sigma,penalties,xtc", """{ "order": ["SAMPLER_STEP_TOP_K", "SAMPLER_STEP_TOP_N_SIGMA", "SAMPLER_STEP_PENALTIES", "SAMPLER_STEP_XTC"] }""")]
    public void EachOptionSetsItsField(string line, string program)
    {
        var request = Parse(line, out var errors);
        Assert.Empty(errors);
        Assert.Equal(JsonParser.Default.Parse<SamplingProgram>(program), request.Sampling);
    }

    [Fact]
    public void BreakersGoToTheRequest() => Assert.Equal(["a", "b"], Parse("--dry 1 --dry-breaker a --dry-breaker b", out _).DrySequenceBreakers);

    [Theory]
    [InlineData("--logit-bias 5")]
    [InlineData("--logit-bias a=1")]
    [InlineData("--ban -1")]
    [InlineData("--order top-k,best")]
    [InlineData("--order unspecified")]
    [InlineData("--top-k many")]
    public void WhatIsNoValueIsRefused(string line)
    {
        Parse(line, out var errors);
        Assert.NotEmpty(errors);
    }

    private static GenerateRequest Parse(string line, out IReadOnlyList<string> errors)
    {
        var options = new SamplerOptions();
        var command = new Command("generate");
        options.AddTo(command);
        var arguments = command.Parse(line);
        errors = [.. arguments.Errors.Select(static error => error.Message)];
        var request = new GenerateRequest();
        if (errors.Count == 0)
        {
            options.Apply(arguments, request);
        }

        return request;
    }
}
