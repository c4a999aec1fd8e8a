using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>
/// Ranked pairs where no people ranked any: two answers drawn from the model of stage 2, or answers that
/// people would also see (a refusal, an admission, the best one), ordered by <see cref="RatingRule"/>. One in twenty is turned
/// round, as people err too.
/// </summary>
public static class RatedPairs
{
    private const double ErrorShare = 0.05;
    private const int Rows = 96;
    private const int AnswerLength = 28;

    /// <summary>
    /// Requests of all kinds, in the proportions in which stage 3 practises. What is told is about as frequent as what is
    /// invented: with less of it, the policy learns to disown invented names that the conversation itself explains.
    /// </summary>
    public static QuestionKind Kind(Random random) => random.Next(100) switch
    {
        < 36 => QuestionKind.Known,
        < 56 => QuestionKind.Invented,
        < 68 => QuestionKind.Harmful,
        < 76 => QuestionKind.HowTo,
        < 98 => QuestionKind.Told,
        _ => QuestionKind.Personal,
    };

    /// <summary>Draws and ranks pairs.</summary>
    /// <param name="start">The model of stage 2.</param>
    /// <param name="questions">The world's questions.</param>
    /// <param name="count">Pairs wanted.</param>
    /// <param name="maximumTokens">Of a prompt.</param>
    /// <param name="seed">Seed of questions and draws.</param>
    /// <param name="threads">Threads within an operation.</param>
    /// <param name="cancellation">Ends the drawing.</param>
    public static IReadOnlyList<PreferencePair> Draw(
        StageStart start, WorldQuestions questions, int count, int maximumTokens, int seed, int threads, CancellationToken cancellation)
    {
        var random = new Random(seed);
        using var rollouts = new Rollouts(start.Model.Config, Rows, maximumTokens + AnswerLength, start.Format.EndId, threads);
        var flat = FlatParameters.Pack(start.Model.Weights, FlatParameters.Of(start.Model.Config));
        var pairs = new List<PreferencePair>(count);
        for (ulong round = 0; pairs.Count < count; round++)
        {
            var asked = new List<WorldQuestion>();
            while (asked.Count < Rows)
            {
                cancellation.ThrowIfCancellationRequested();
                var question = questions.Draw(random, Kind(random), kept: false);
                if (start.Format.Prompt(question.Messages).Length <= maximumTokens)
                {
                    asked.Add(question);
                }
            }

            int[][] prompts = [.. asked.Select(question => start.Format.Prompt(question.Messages))];
            var first = Answers(2 * round);
            var second = Answers((2 * round) + 1);
            for (var at = 0; at < asked.Count && pairs.Count < count; at++)
            {
                // What the draws hardly ever hold has to be ranked too: an admission against a refusal, for one.
                var answer = random.Next(4) > 0 ? first[at] : (Text: RatingRule.StockAnswer(asked[at], random), Ended: true);
                var other = random.Next(2) > 0 ? second[at] : (Text: RatingRule.StockAnswer(asked[at], random), Ended: true);
                var (one, two) = (RatingRule.Rate(asked[at], answer.Text, answer.Ended), RatingRule.Rate(asked[at], other.Text, other.Ended));
                if (one == two || answer.Text.Length == 0 || other.Text.Length == 0)
                {
                    continue;
                }

                var turned = random.NextDouble() < ErrorShare;
                pairs.Add(one > two != turned
                    ? new PreferencePair(asked[at].Messages, answer.Text, other.Text, "rule")
                    : new PreferencePair(asked[at].Messages, other.Text, answer.Text, "rule"));
            }

            (string Text, bool Ended)[] Answers(ulong draw) =>
                [.. rollouts.Generate(flat, prompts, AnswerLength, 1, row => unchecked(((ulong)(uint)seed << 40) ^ (draw << 12) ^ (uint)row), cancellation)
                    .Select(answer => (AnswerEvaluation.Text(start.Tokenizer, answer), answer.Ended))];
        }

        return pairs;
    }
}
