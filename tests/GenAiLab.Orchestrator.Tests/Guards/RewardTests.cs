using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Guards;

public sealed class RewardTests
{
    [Fact]
    public async Task The_candidate_with_the_highest_reward_is_the_answer()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var request = Request(FakeClassifier.Reward);

        var all = await lab.GenerateAsync(new GenerateRequest(request) { Candidates = 8, BestOf = 0, Ranking = null });
        var best = await lab.GenerateAsync(request);

        var prompt = best.Started.Prompt.Select(static token => token.Id).ToList();
        var rewards = all.Events.Where(static e => e.Token is not null).GroupBy(static e => e.Candidate)
            .Select(candidate => FakeClassifier.RewardOf([.. prompt, .. candidate.Select(static e => e.Token.TokenId)])).ToList();
        Assert.True(rewards.Max() > rewards.Min());
        Assert.Equal(rewards.Max(), best.Finished.Score);
        Assert.Equal(rewards.Max(), FakeClassifier.RewardOf([.. prompt, .. best.Ids]));

        // It sees the conversation and the answer, token by token.
        Assert.Contains(lab.Classifier.Sequences, sequence => sequence.Ids.SequenceEqual([.. prompt, .. best.Ids]));
        Assert.Equal(8, lab.Classifier.Sequences.Count);
    }

    [Theory]
    [InlineData(FakeClassifier.Guard, "has 2 labels")]
    [InlineData("fake-foreign", "has another vocabulary")]
    public async Task What_is_no_reward_model_of_this_model_is_refused(string classifier, string reason)
    {
        await using var lab = await FakeLab.StartAsync();

        var error = await lab.FailsAsync(Request(classifier));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail);
        Assert.Equal(0, lab.Decoder.Begun);
    }

    private static GenerateRequest Request(string classifier) => new()
    {
        Text = "a",
        MaxTokens = 24,
        BestOf = 8,
        Mode = LoopMode.Step,
        Ranking = new Ranking { Reward = new RewardModel { Classifier = classifier } },
        Sampling = new SamplingProgram { Seed = 3, TopK = 40 },
    };
}
