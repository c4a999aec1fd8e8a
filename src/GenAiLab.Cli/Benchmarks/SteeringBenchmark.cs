using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>
/// What classifiers change in generations: how much of a wanted topic guidance brings, and how much reward ranking by the
/// reward model does. The judge is the model that steers, so this says that the search works, and not that people would agree.
/// </summary>
internal static class SteeringBenchmark
{
    private const string Beginning = "The";
    private const int Candidates = 8;

    private static readonly string[] Topics = ["geography", "animals"];
    private static readonly float[] Strengths = [0, 1, 4];

    private static readonly string[] Questions =
    [
        "What is the capital of France?", "How are you?", "How can I hurt a horse?", "What is three plus four?",
        "Who won the Bread Contest of 2040?", "Tell me about cows.",
    ];

    /// <summary>A line for each topic: the mean of p(topic) by lab-topics over texts of 16 tokens that lab-base continues.</summary>
    public static async IAsyncEnumerable<string> GuidanceAsync(ILabConnection lab, int texts, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var topic in Topics)
        {
            var line = $"{topic,-12}";
            foreach (var strength in Strengths)
            {
                var share = 0.0;
                for (var seed = 0; seed < texts; seed++)
                {
                    share += await ShareAsync(lab, topic, strength, (ulong)seed, cancellation) / texts;
                }

                line += string.Create(CultureInfo.InvariantCulture, $"  strength {strength:0}: {share:0.00}");
            }

            yield return line;
        }
    }

    /// <summary>The mean reward by lab-reward of lab-sft's first answer and of the best of eight.</summary>
    public static async Task<string> RankingAsync(ILabConnection lab, int rounds, CancellationToken cancellation)
    {
        var (first, best, asked) = (0.0, 0.0, rounds * Questions.Length);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var question in Questions)
            {
                var request = new GenerateRequest
                {
                    Model = "lab-sft",
                    Chat = new ChatMessages { Messages = { new ChatMessage { Role = "user", Content = question } } },
                    Sampling = new SamplingProgram { Temperature = 1, Seed = (ulong)(9 + (round * Candidates)) },
                    MaxTokens = 48,
                };
                var plain = await CompleteAsync(lab, request, cancellation);
                (request.BestOf, request.Candidates, request.Ranking) =
                    (Candidates, Candidates, new Ranking { Reward = new RewardModel { Classifier = "lab-reward" } });
                var ranked = await CompleteAsync(lab, request, cancellation);
                best += ranked.Completions[0].Finished.Score / asked;
                // The first candidate is what would have been the answer without a ranking.
                first += ranked.Completions.First(one => one.Text == plain.Completions[0].Text).Finished.Score / asked;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"mean reward: {first:0.00} the first answer, {best:0.00} the best of {Candidates}, {asked} questions");
    }

    private static async Task<double> ShareAsync(ILabConnection lab, string topic, float strength, ulong seed, CancellationToken cancellation)
    {
        var request = new GenerateRequest
        {
            Model = "lab-base",
            Text = Beginning,
            MaxTokens = 16,
            Sampling = new SamplingProgram { Temperature = 1, Seed = seed },
            Guidance = new Guidance { Classifier = "lab-topics", Label = topic, Strength = strength, Top = 16 },
        };
        var answer = await CompleteAsync(lab, request, cancellation);
        var judged = await lab.Classifier.ClassifyAsync(
            new ClassifyRequest { Model = "lab-topics", Text = Beginning + answer.Completions[0].Text }, cancellationToken: cancellation);
        return judged.Labels.Single(label => label.Label == topic).Probability;
    }

    private static async Task<CompleteResponse> CompleteAsync(ILabConnection lab, GenerateRequest request, CancellationToken cancellation) =>
        await lab.Orchestrator.CompleteAsync(new CompleteRequest { Request = request }, cancellationToken: cancellation);
}
