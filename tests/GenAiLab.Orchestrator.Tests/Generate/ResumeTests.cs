using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>A caller whose stream broke goes on from what it has.</summary>
public sealed class ResumeTests
{
    private static readonly Dictionary<string, Action<GenerateRequest>> Kinds = new()
    {
        ["pushdown"] = static _ => { },
        ["step"] = static request => request.Mode = LoopMode.Step,
        ["stop sequence"] = static request => request.Stop.Add(["ab", "e", "\u00E9"]),
        ["penalties"] = static request => (request.Sampling.RepetitionPenalty, request.Sampling.PresencePenalty) = (1.3f, 0.5f),
        ["constraint"] = static request => request.Constraint = new Constraint { Regex = "[a-z]{2,5}-[0-9]{3}" },
        ["choices"] = static request => request.Constraint = new Constraint { Choices = new Choices { Texts = { "x.x", "y.y" } } },
        ["speculation"] = static request => request.Speculation = new V1.Speculation { Ngram = new NgramLookup() },
    };

    private static readonly Dictionary<string, (string Field, Action<GenerateRequest> Break)> Refused = new()
    {
        ["no seed"] = ("sampling.seed", static request => request.Sampling.ClearSeed()),
        ["outside the vocabulary"] = ("resume_tokens[1]", static request => request.ResumeTokens.Add(FakeVocabulary.Size)),
        ["more than there may be"] = ("resume_tokens", static request => request.ResumeTokens.Add(Enumerable.Repeat(5, 24))),
        ["candidates"] = ("resume_tokens", static request => request.Candidates = 2),
        ["best of"] = ("resume_tokens", static request => request.BestOf = 2),
        ["beam search"] = ("resume_tokens", static request => (request.Sampling, request.BeamSearch) = (new SamplingProgram(), new BeamSearch { Width = 2 })),
        ["mirostat"] = ("resume_tokens", static request => request.Sampling.Mirostat = new Mirostat { Tau = 3 }),
        ["not of the constraint"] = ("resume_tokens[0]", static request => request.Constraint = new Constraint { Regex = "[0-9]+" }),
    };

    public static TheoryData<string> KindNames => [.. Kinds.Keys];

    public static TheoryData<string> RefusedNames => [.. Refused.Keys];

    [Theory, MemberData(nameof(KindNames))]
    public async Task Wherever_it_broke_the_rest_is_what_would_have_come(string kind)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        for (var seed = 0UL; seed < 3; seed++)
        {
            var whole = await lab.GenerateAsync(Request(kind, seed));
            for (var had = 1; had <= whole.Tokens.Count; had++)
            {
                var request = Request(kind, seed);
                request.ResumeTokens.Add(whole.Ids.Take(had));
                var rest = await lab.GenerateAsync(request);

                Assert.Equal(whole.Ids.Skip(had), rest.Ids);
                Assert.Equal(Enumerable.Range(had, whole.Tokens.Count - had), rest.Tokens.Select(static token => token.Index));
                Assert.Equal(whole.Text, string.Concat(whole.Tokens.Take(had).Select(static token => token.Text)) + rest.Text);
                Assert.Equal(
                    (whole.Finished.Reason, whole.Finished.StopSequence, whole.Finished.GeneratedTokens, whole.Finished.ConstraintSatisfied),
                    (rest.Finished.Reason, rest.Finished.StopSequence, rest.Finished.GeneratedTokens, rest.Finished.ConstraintSatisfied));
                Assert.Equal(0, rest.Finished.Resumes);
            }
        }
    }

    [Theory, MemberData(nameof(RefusedNames))]
    public async Task What_cannot_be_gone_on_from_is_refused_and_named(string name)
    {
        await using var lab = await FakeLab.StartAsync();
        var request = Request("pushdown", 1);
        request.ResumeTokens.Add(FakeVocabulary.Id((byte)'a'));
        Refused[name].Break(request);

        var error = await lab.FailsAsync(request);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(Refused[name].Field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    private static GenerateRequest Request(string kind, ulong seed)
    {
        var request = new GenerateRequest { Text = "p", MaxTokens = 20, Sampling = new SamplingProgram { Seed = seed } };
        Kinds[kind](request);
        return request;
    }
}
