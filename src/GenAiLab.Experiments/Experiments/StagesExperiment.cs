using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>
/// One architecture, three objectives: the base model continues, the second stage answers, the third answers as people
/// like it. Judged by a rule that no training saw (<see cref="HeldOutJudge"/>).
/// </summary>
internal sealed class StagesExperiment : IExperiment
{
    public string Name => "stages";

    public string LessonSays => "Pre-training makes a model that knows the world but is hard to talk to; fine-tuning makes it answer; RLHF makes it answer well.";

    public string Does =>
        "Asks the three checkpoints the same questions, none of which was asked in training. The most probable answer counts for form and for truth, "
        + "answers drawn at temperature 1 for the comparison of the stages and for the distance between them; the reward model ranks pairs of drawn answers.";

    public IReadOnlyList<string> Criteria =>
    [
        "answered in form: lab-base at most 0.1, lab-sft at least 0.95",
        "right: lab-sft at least 0.4 more than lab-base, lab-chat no more than 0.02 less than lab-sft (−0.02)",
        "answers of lab-chat preferred to those of lab-sft in at least 0.65, at a divergence of at most 10 nats",
        "lab-reward ranks at least 0.8 of the pairs as the rating rule does",
    ];

    /// <summary>Of each topic. In quick runs too: with fewer, the interval of a small difference is wider than its criterion. Tests of large ones change it.</summary>
    internal int Questions { get; init; } = 1_200;

    /// <summary>Requests by which stages are compared; null: 4,000, 2,000 in quick runs.</summary>
    internal int? Requests { get; init; }

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var world = new LabWorld(LabModels.WorldSeed).Questions;
        var questions = world.PerTopic(context.Seed, Questions);
        var measurements = new List<Measurement>();
        var greedy = new Dictionary<string, Reply[]>();
        foreach (var model in LabModels.Stages)
        {
            context.Progress?.Report($"asking {model} {questions.Count} questions");
            var replies = greedy[model] = await context.Lab.AskAsync(model, questions, 0, 0, cancellation);
            measurements.Add(Proportions.Wilson(replies.Count(static reply => reply.Verdict.InForm), replies.Length).Measures(
                $"answered in form, {model}",
                model switch { LabModels.Base => Criterion.NotAbove(0.10), LabModels.Sft => Criterion.NotBelow(0.95), _ => Criterion.Reported }));
            measurements.Add(Proportions.Wilson(Right(replies), replies.Length).Measures($"right, {model}", Criterion.Reported));
        }

        measurements.Add(Proportions.Difference((Right(greedy[LabModels.Sft]), questions.Count), (Right(greedy[LabModels.Base]), questions.Count))
            .Measures("right: lab-sft less lab-base", Criterion.NotBelow(0.40)));
        // The same questions to both: the difference of each, not the difference of two shares.
        measurements.Add(Means.Student([.. greedy[LabModels.Chat].Zip(greedy[LabModels.Sft]).Select(static pair => (pair.First.Verdict.Right ? 1.0 : 0) - (pair.Second.Verdict.Right ? 1 : 0))])
            .Measures("right: lab-chat less lab-sft", Criterion.NotBelow(-0.02)));

        await CompareAsync(context, world, measurements, cancellation);
        return measurements;
    }

    private async Task CompareAsync(ExperimentContext context, WorldQuestions world, List<Measurement> measurements, CancellationToken cancellation)
    {
        // In the proportions in which the third stage practises.
        var random = new Random(context.Seed);
        var count = Requests ?? (context.Quick ? 2_000 : 4_000);
        IReadOnlyList<WorldQuestion> mixed = [.. Enumerable.Range(0, count).Select(_ => world.Draw(random, RatedPairs.Kind(random), kept: true))];
        context.Progress?.Report($"comparing answers to {mixed.Count} requests");
        var drawn = new Dictionary<string, Reply[]>();
        foreach (var model in LabModels.Stages)
        {
            drawn[model] = await context.Lab.AskAsync(model, mixed, 1, (ulong)context.Seed, cancellation);
        }

        measurements.Add(WinRate(drawn[LabModels.Sft], drawn[LabModels.Base]).Measures("answers of lab-sft preferred to those of lab-base by the held-out judge", Criterion.Reported));
        measurements.Add(WinRate(drawn[LabModels.Chat], drawn[LabModels.Sft]).Measures("answers of lab-chat preferred to those of lab-sft by the held-out judge", Criterion.NotBelow(0.65)));
        var distances = await Concurrently.SelectAsync(drawn[LabModels.Chat], (reply, cancelled) => DistanceAsync(context.Lab, reply, cancelled), cancellation);
        measurements.Add(Means.Student(distances).Measures("KL divergence of lab-chat from lab-sft, nats an answer", Criterion.NotAbove(10)));

        context.Progress?.Report("ranking pairs by the reward model");
        var again = await context.Lab.AskAsync(LabModels.Sft, mixed, 1, (ulong)context.Seed + 1_000_000, cancellation);
        // As the pairs of training are made, on requests that are kept: drawn answers, and answers that people would also see.
        var pairs = drawn[LabModels.Sft].Zip(again).Select(pair => (
            random.Next(4) > 0 ? Answer.Of(pair.First) : Stock(pair.First.Question), random.Next(2) > 0 ? Answer.Of(pair.Second) : Stock(pair.First.Question)));
        measurements.Add(await AgreementAsync(context, [.. pairs], "pairs of answers to kept requests that lab-reward ranks as the rating rule does", Criterion.NotBelow(0.80), cancellation));
        var drawnPairs = drawn[LabModels.Sft].Zip(again).Where(static pair => pair.First.Question.Kind == QuestionKind.Known)
            .Select(static pair => (Answer.Of(pair.First), Answer.Of(pair.Second)));
        measurements.Add(await AgreementAsync(context, [.. drawnPairs], "the same of two drawn answers about facts that training never asked for", Criterion.Reported, cancellation));

        Answer Stock(WorldQuestion question) => new(question, RatingRule.StockAnswer(question, random), true);
    }

    private static async Task<Measurement> AgreementAsync(
        ExperimentContext context, IReadOnlyList<(Answer First, Answer Second)> pairs, string what, Criterion criterion, CancellationToken cancellation)
    {
        var ranked = pairs.Where(static pair => pair.First.Rating != pair.Second.Rating).ToList();
        var agreed = await Concurrently.SelectAsync(ranked, async (pair, cancelled) =>
            await RewardAsync(context.Lab, pair.First, cancelled) > await RewardAsync(context.Lab, pair.Second, cancelled) == pair.First.Rating > pair.Second.Rating, cancellation);
        return Proportions.Wilson(agreed.Count(static right => right), agreed.Length).Measures(what, criterion);
    }

    private static int Right(Reply[] replies) => replies.Count(static reply => reply.Verdict.Right);

    private static Interval WinRate(Reply[] of, Reply[] against) => Means.Student(
        [.. of.Zip(against).Select(static pair => HeldOutJudge.Compare(pair.First.Question, (pair.First.Text, pair.First.Ended), (pair.Second.Text, pair.Second.Ended)))]);

    // log p(answer) under the model that drew it, less the same under lab-sft: its mean over draws is the divergence.
    internal static async Task<double> DistanceAsync(IExperimentLab lab, Reply reply, CancellationToken cancellation)
    {
        var (prompt, ids) = (reply.Generation.Prompt, reply.Generation.Ids);
        var scored = await lab.ScoreAsync(LabModels.Sft, [.. prompt, .. ids], 0, cancellation);
        return reply.Generation.Tokens.Sum(static token => (double)token.RawLogProbability)
            - scored.Skip(prompt.Length - 1).Sum(static token => (double)token.RawLogProbability);
    }

    /// <summary>The reward model's opinion of an answer, from the Classifier service.</summary>
    private static async Task<float> RewardAsync(IExperimentLab lab, Answer answer, CancellationToken cancellation)
    {
        var encoded = await lab.Tokenizer.EncodeChatAsync(
            new EncodeChatRequest
            {
                Vocabulary = LabModels.Reward,
                Messages = { Interviews.Chat([.. answer.Question.Messages, new(Training.Chat.ChatMessage.Assistant, answer.Text)]).Messages },
            },
            CallLimit.Options(cancellation));
        var response = await lab.Classifier.ClassifyAsync(
            new ClassifyRequest { Model = LabModels.Reward, Tokens = new TokenIds { Ids = { encoded.Tokens.Select(static token => token.Id) } } },
            CallLimit.Options(cancellation));
        return response.Labels[0].Logit;
    }

    private sealed record Answer(WorldQuestion Question, string Text, bool Ended)
    {
        public double Rating => RatingRule.Rate(Question, Text, Ended);

        public static Answer Of(Reply reply) => new(reply.Question, reply.Text, reply.Ended);
    }
}
