using GenAiLab.Experiments.Objective;
using GenAiLab.Experiments.Tests.Sabotage;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>The loss comes down to the entropy of a grammar, and does not where something is broken.</summary>
public sealed class ObjectiveTests(HealthyLab healthy)
{
    [Fact]
    public async Task It_passes_on_a_lab_in_order() => await Verdicts.PassesAsync(new ObjectiveExperiment(), healthy.Lab);

    [Fact]
    public async Task It_fails_when_the_order_of_the_training_text_is_lost()
    {
        var random = new Random(5);
        var experiment = new ObjectiveExperiment
        {
            Plan = model => model with { Corpus = model.Corpus with { TrainingDocuments = model.Corpus.TrainingDocuments.Select(Shuffled) } },
        };
        await Verdicts.FailsAsync(experiment, healthy.Lab, "held-out loss - entropy");

        int[] Shuffled(int[] document)
        {
            var copy = document.ToArray();
            random.Shuffle(copy);
            return copy;
        }
    }

    [Fact]
    public async Task It_fails_on_a_decoder_that_scores_one_place_off() =>
        await Verdicts.FailsAsync(new ObjectiveExperiment(), static () => new OffByOneScores(), "held-out loss - entropy");

    [Fact]
    public async Task It_fails_on_a_decoder_that_claims_to_be_surer_than_the_grammar() =>
        await Verdicts.FailsAsync(new ObjectiveExperiment(), static () => new FlatteringScores(), "the grammar itself");

    // Gives each token the probability that it would have had one place later.
    private sealed class OffByOneScores : BrokenCalls
    {
        private const float Improbable = -12;

        protected override object OnRequest(object request)
        {
            if (request is not ScoreRequest score)
            {
                return request;
            }

            var clone = score.Clone();
            clone.Alternatives = 20;
            return clone;
        }

        protected override object OnResponse(object? request, object response)
        {
            if (response is not ScoreResponse scores)
            {
                return response;
            }

            var clone = scores.Clone();
            for (var at = 0; at + 1 < clone.Tokens.Count; at++)
            {
                clone.Tokens[at].RawLogProbability = scores.Tokens[at + 1].Alternatives
                    .FirstOrDefault(other => other.TokenId == clone.Tokens[at].TokenId)?.RawLogProbability ?? Improbable;
            }

            return clone;
        }
    }

    private sealed class FlatteringScores : BrokenCalls
    {
        protected override object OnResponse(object? request, object response)
        {
            if (response is not ScoreResponse scores)
            {
                return response;
            }

            var clone = scores.Clone();
            foreach (var token in clone.Tokens)
            {
                token.RawLogProbability *= 0.95f;
            }

            return clone;
        }
    }
}
