using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Requests that break the contract are told which field to mend.</summary>
public sealed class RequestTests
{
    public static TheoryData<string, string> Broken => new()
    {
        { "prompt", """{ "sampling": { "temperature": 0 } }""" },
        { "prompt", """{ "prompt": {}, "sampling": { "temperature": 0 } }""" },
        { "prompt", $$"""{ "prompt": { "ids": [{{string.Join(",", Enumerable.Repeat(1, 48))}}] }, "sampling": { "temperature": 0 } }""" },
        { "prompt.ids[1]", """{ "prompt": { "ids": [1, 96] }, "sampling": { "temperature": 0 } }""" },
        { "prompt.ids[0]", """{ "prompt": { "ids": [-1] }, "sampling": { "temperature": 0 } }""" },
        { "sampling.seed", """{ "prompt": { "ids": [1] } }""" },
        { "sampling.seed", """{ "prompt": { "ids": [1] }, "sampling": { "temperature": 0.5 } }""" },
        { "sampling.order", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1, "topK": 3, "order": ["SAMPLER_STEP_DRY"] } }""" },
        { "sampling.banned_tokens[1]", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1, "bannedTokens": [95, 96] } }""" },
        { "sampling.min_tokens", """{ "prompt": { "ids": [1] }, "maxTokens": 4, "firstPosition": 2, "sampling": { "seed": 1, "minTokens": 7 } }""" },
        { "sampling.temperature", """{ "prompt": { "ids": [1] }, "sampling": { "temperature": -1, "seed": 1 } }""" },
        { "sampling.temperature", """{ "prompt": { "ids": [1] }, "sampling": { "temperature": "NaN", "seed": 1 } }""" },
        { "sampling.temperature", """{ "prompt": { "ids": [1] }, "sampling": { "temperature": 101, "seed": 1 } }""" },
        { "sampling.top_k", """{ "prompt": { "ids": [1] }, "sampling": { "topK": -1, "seed": 1 } }""" },
        { "sampling.top_p", """{ "prompt": { "ids": [1] }, "sampling": { "topP": 0, "seed": 1 } }""" },
        { "sampling.min_p", """{ "prompt": { "ids": [1] }, "sampling": { "minP": 1.5, "seed": 1 } }""" },
        { "max_tokens", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "maxTokens": 49 }""" },
        { "max_tokens", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "maxTokens": -1 }""" },
        { "alternatives", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "alternatives": 21 }""" },
        { "candidates", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "candidates": 17 }""" },
        { "replayed_tokens", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "replayedTokens": 1 }""" },
        { "admission.priority", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "admission": { "priority": -11 } }""" },
        { "admission.tenant", $$"""{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "admission": { "tenant": "{{new string('t', 129)}}" } }""" },
        { "first_position", """{ "prompt": { "ids": [1] }, "sampling": { "seed": 1 }, "firstPosition": -1 }""" },
    };

    public static TheoryData<string, string> BrokenSteps => new()
    {
        { "open", """{}""" },
        { "open", """{ "append": { "tokenIds": [1] } }""" },
        { "open.prompt", """{ "open": {} }""" },
        { "open.prompt.ids[0]", """{ "open": { "prompt": { "ids": [96] } } }""" },
        { "open.top", """{ "open": { "prompt": { "ids": [1] }, "top": 1025 } }""" },
        { "open.top", """{ "open": { "prompt": { "ids": [1] }, "top": -1 } }""" },
        { "open.reserved_forks", """{ "open": { "prompt": { "ids": [1] }, "reservedForks": 16 } }""" },
        { "open.reserved_forks", """{ "open": { "prompt": { "ids": [1] }, "reservedForks": -1 } }""" },
        { "open.form", """{ "open": { "prompt": { "ids": [1] }, "form": 9 } }""" },
        { "append.token_ids", """{ "append": {} }""" },
        { "append.token_ids", $$"""{ "append": { "tokenIds": [{{string.Join(",", Enumerable.Repeat(1, 48))}}] } }""" },
        { "append.rewind_to", """{ "append": { "tokenIds": [1], "rewindTo": 0 } }""" },
        { "append.rewind_to", """{ "append": { "tokenIds": [1], "rewindTo": 2 } }""" },
        { "open.admission.priority", """{ "open": { "prompt": { "ids": [1] }, "admission": { "priority": 11 } } }""" },
        { "append", """{ "open": { "prompt": { "ids": [1] } } }""" },
        { "append.token_ids[0]", """{ "append": { "tokenIds": [96] } }""" },
        { "append.token_ids[1]", """{ "append": { "tokenIds": [1, -1] } }""" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task AGenerationNamesTheField(string field, string json)
    {
        await using var host = await DecoderHost.StartAsync();
        var failure = await DecoderHost.FailureAsync(() => host.GenerateAsync(GenerateTokensRequest.Parser.ParseJson(json)));
        Assert.Equal((StatusCode.InvalidArgument, field), (failure.Code, failure.Field));
    }

    [Theory]
    [MemberData(nameof(BrokenSteps))]
    public async Task AStepNamesTheField(string field, string json)
    {
        await using var host = await DecoderHost.StartAsync();
        using var call = host.Client.Step(DecoderHost.Options);
        if (field.StartsWith("append", StringComparison.Ordinal))
        {
            await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
        }

        var failure = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(call, StepRequest.Parser.ParseJson(json)));
        Assert.Equal((StatusCode.InvalidArgument, field), (failure.Code, failure.Field));
        await host.WaitForSlotsInUseAsync(0);
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("../tiny")]
    [InlineData("TINY")]
    public async Task AnUnknownModelIsNotFound(string model)
    {
        await using var host = await DecoderHost.StartAsync();
        Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(() => host.GenerateAsync(new GenerateTokensRequest { Model = model }))).Code);
        using var call = host.Client.Step(DecoderHost.Options);
        var failure = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(call, DecoderHost.Open([1], model: model)));
        Assert.Equal(StatusCode.NotFound, failure.Code);
    }
}
