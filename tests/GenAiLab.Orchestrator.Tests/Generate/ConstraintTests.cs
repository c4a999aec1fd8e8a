using System.Text.Json;
using System.Text.RegularExpressions;
using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>Texts that must look like something, from a model that says anything.</summary>
public sealed class ConstraintTests
{
    [Fact]
    public async Task Every_text_matches_the_expression_and_says_so()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        for (var seed = 0UL; seed < 20; seed++)
        {
            var generation = await lab.GenerateAsync(Request(new Constraint { Regex = "[a-z]{2,5}-[0-9]{3}" }, seed));

            Assert.Matches(new Regex("^[a-z]{2,5}-[0-9]{3}$"), generation.Text);
            Assert.Equal(FinishReason.EndOfSequence, generation.Finished.Reason);
            Assert.True(generation.Finished.ConstraintSatisfied);
            Assert.Equal(LoopMode.Step, generation.Started.Mode);
        }
    }

    [Fact]
    public async Task A_text_that_is_complete_ends_without_asking_the_model_for_its_end()
    {
        await using var lab = await FakeLab.StartAsync();
        var generation = await lab.GenerateAsync(Request(new Constraint { Choices = new Choices { Texts = { "x.x" } } }, seed: 1));

        Assert.Equal("x.x", generation.Text);
        Assert.Equal(3, generation.Tokens.Count);
        Assert.Equal(FinishReason.EndOfSequence, generation.Finished.Reason);
    }

    [Fact]
    public async Task A_list_without_end_is_closed_before_the_tokens_run_out()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var constraint = new Constraint { JsonSchema = """{"type":"array","items":{"type":"integer","minimum":0}}""" };
        for (var seed = 0UL; seed < 20; seed++)
        {
            var generation = await lab.GenerateAsync(Request(constraint, seed, maxTokens: 16));

            Assert.True(generation.Finished.ConstraintSatisfied, generation.Text);
            Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(generation.Text).RootElement.ValueKind);
        }
    }

    [Fact]
    public async Task A_text_that_cannot_end_in_time_says_so()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var generation = await lab.GenerateAsync(Request(new Constraint { Regex = "[a-z]{12}" }, seed: 3, maxTokens: 5));

        Assert.Matches(new Regex("^[a-z]{5}$"), generation.Text);
        Assert.Equal(FinishReason.MaxTokens, generation.Finished.Reason);
        Assert.False(generation.Finished.ConstraintSatisfied);
    }

    [Fact]
    public async Task A_decoder_that_dies_does_not_change_the_text()
    {
        await using var lab = await FakeLab.StartFleetAsync(2);
        var request = Request(new Constraint { Regex = "([a-z]{3} ){4}" }, seed: 5);
        var calm = await lab.GenerateAsync(request);
        var held = new TaskCompletionSource<FakeDecoder>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var decoder in lab.Fleet)
        {
            decoder.BeforeToken = (generated, cancellation) =>
                generated == 6 && held.TrySetResult(decoder) ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
        }

        var generating = lab.GenerateAsync(request);
        await lab.StopDecoderAsync(await held.Task.Patiently());

        Assert.Equal(calm.Text, (await generating).Text);
    }

    [Fact]
    public async Task Each_of_several_candidates_is_held_to_it()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var request = Request(new Constraint { JsonSchema = """{"enum":["red","green","blue"]}""" }, seed: 2);
        request.Candidates = 4;

        var all = await lab.GenerateAsync(request);

        Assert.All(Enumerable.Range(0, 4), candidate => Assert.Contains(all.Candidate(candidate).Text, new[] { "\"red\"", "\"green\"", "\"blue\"" }));
    }

    public static TheoryData<string, Action<GenerateRequest>> Refused => new()
    {
        { "constraint", static request => request.Constraint = new Constraint() },
        { "constraint.regex", static request => request.Constraint = new Constraint { Regex = "(" } },
        { "constraint.regex", static request => request.Constraint = new Constraint { Regex = "(a{1000}){1000}" } },
        { "constraint.json_schema", static request => request.Constraint = new Constraint { JsonSchema = "{" } },
        { "constraint.json_schema", static request => request.Constraint = new Constraint { JsonSchema = """{"type":"integer","minimum":2,"maximum":1}""" } },
        { "constraint.json_schema", static request => request.Constraint = new Constraint { JsonSchema = """{"if":{},"then":{}}""" } },
        { "constraint.choices.texts", static request => request.Constraint = new Constraint { Choices = new Choices() } },
        { "mode", static request => request.Mode = LoopMode.Pushdown },
        {
            // Every token that spells the only letter of the text.
            "sampling.banned_tokens",
            static request => request.Sampling.BannedTokens.AddRange(
                Enumerable.Range(1, FakeVocabulary.Size - 1).Where(static id => FakeVocabulary.Pieces[id].Span is [(byte)'a', ..]))
        },
        { "sampling.min_tokens", static request => request.Sampling.MinTokens = 3 },
    };

    [Theory, MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_is_refused_by_name(string field, Action<GenerateRequest> break_)
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Request(new Constraint { Regex = "a+" }, seed: 1);
        break_(request);

        Assert.Equal([field], await lab.RefusedFieldsAsync(request));
    }

    private static GenerateRequest Request(Constraint constraint, ulong seed, int maxTokens = 40) => new()
    {
        Text = "Hello",
        MaxTokens = maxTokens,
        Constraint = constraint,
        Sampling = new SamplingProgram { Temperature = 2, Seed = seed },
    };
}
