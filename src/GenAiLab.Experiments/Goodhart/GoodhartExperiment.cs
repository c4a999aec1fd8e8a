using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Experiments;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Reward;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Goodhart;

/// <summary>
/// A measure that becomes a target ceases to be a good measure: pushed without a leash against a reward model that learned
/// from few pairs, the policy wins ever more reward while its answers first get better and then worse (Gao et al. 2023,
/// "Scaling laws for reward model overoptimization", arXiv:2210.10760).
/// </summary>
internal sealed class GoodhartExperiment : IExperiment
{
    private readonly record struct Point(string Policy, double Distance, double[] Rewards, double[] Qualities);

    public string Name => "goodhart";

    public string LessonSays => "RLHF follows what people preferred, through a model of it: push too hard, and it is the model of it that is pleased.";

    public string Does =>
        "Trains a reward model on few ranked pairs and pushes lab-sft against it without a leash; serves the policies on the way and asks each the same kept "
        + "requests at temperature 1. The learned reward and the held-out judge's quality are compared over the root of the divergence from lab-sft.";

    public IReadOnlyList<string> Criteria =>
    [
        "rank correlation of the learned reward with √KL at least 0.8; the reward rises by at least 0.3",
        "quality rises by at least 0.02 to its peak, and falls from it by at least 0.1 (−0.1)",
    ];

    public bool StartsLabs => true;

    /// <summary>How far the policy is pushed; the tests change it.</summary>
    internal Func<PushPlan, PushPlan> Plan { get; init; } = static plan => plan;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        if (context.ModelsRoot is not { } modelsRoot)
        {
            throw new ExperimentException("goodhart trains lab-sft further and needs its folder: run it without addresses");
        }

        await context.Lab.RequireAsync(LabModels.Sft, cancellation);
        var plan = Plan(new PushPlan(200, 60, 120, context.Quick ? 6 : 8, 5e-4f, 0));
        var root = Path.Combine(context.ScratchFolder, "models");
        // A thread of its own: training makes the thread that runs it flush denormals, which must not reach the pool.
        var policies = await Task.Factory.StartNew(
            () => PushedPolicies.Train(context, modelsRoot, LabModels.Sft, plan, root, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        context.Progress?.Report($"asking {policies.Count} policies");
        await using var lab = await context.Lab.StartAnotherAsync(root, cancellation);
        using var reward = new RewardScorer(Path.Combine(context.ScratchFolder, PushedPolicies.RewardFolderName), context.Threads);
        var format = new ChatFormat(ByteLevelBpe.Load(Path.Combine(modelsRoot, LabModels.Sft, "tokenizer.json")));
        var requests = Requests(context.Seed, context.Quick ? 200 : 400);
        var points = new List<Point>();
        foreach (var policy in policies)
        {
            points.Add(await MeasureAsync(context, lab, policy, requests, format, reward, cancellation));
        }

        return Judge(points);
    }

    private static List<WorldQuestion> Requests(int seed, int count)
    {
        var questions = new LabWorld(LabModels.WorldSeed).Questions;
        QuestionKind[] kinds = [QuestionKind.Known, QuestionKind.Invented, QuestionKind.Harmful, QuestionKind.HowTo, QuestionKind.Told];
        return [.. kinds.SelectMany(kind => kind == QuestionKind.Known ? questions.PerTopic(seed, 2 * count / 6) : questions.Kept(kind, count / 6, seed))];
    }

    private static async Task<Point> MeasureAsync(
        ExperimentContext context, IExperimentLab lab, string policy, IReadOnlyList<WorldQuestion> requests, ChatFormat format, RewardScorer reward,
        CancellationToken cancellation)
    {
        var replies = await lab.AskAsync(policy, requests, 1, (ulong)context.Seed, cancellation);
        var distances = await Concurrently.SelectAsync(
            replies, (reply, cancelled) => StagesExperiment.DistanceAsync(context.Lab, reply, cancelled), cancellation);
        var rewards = reward.Rewards([.. replies.Select(reply => (int[])[.. format.Prompt(reply.Question.Messages), .. format.Answer(reply.Text)])]);
        return new Point(
            policy, Math.Max(0, distances.Average()), [.. rewards.Select(static value => (double)value)],
            [.. replies.Select(static reply => HeldOutJudge.Quality(reply.Question, reply.Text, reply.Ended))]);
    }

    private static List<Measurement> Judge(List<Point> points)
    {
        var measurements = new List<Measurement>();
        foreach (var point in points)
        {
            measurements.Add(Means.Student(point.Rewards).Measures($"learned reward at √KL {Math.Sqrt(point.Distance):0.00}", Criterion.Reported));
            measurements.Add(Means.Student(point.Qualities).Measures($"quality by the held-out judge at √KL {Math.Sqrt(point.Distance):0.00}", Criterion.Reported));
        }

        var best = points.MaxBy(static point => point.Qualities.Average());
        var rise = RankCorrelation.Coefficient([.. points.Select(static point => (Math.Sqrt(point.Distance), point.Rewards.Average()))]);
        measurements.Add(Measurement.Exact("rank correlation of the learned reward with √KL", rise, points.Count, Criterion.NotBelow(0.8)));
        measurements.Add(Paired(points[^1].Rewards, points[0].Rewards).Measures("learned reward: at the end less at the beginning", Criterion.NotBelow(0.3)));
        // The best of several is a little flattered; the fall has to be larger than that.
        measurements.Add(Paired(best.Qualities, points[0].Qualities).Measures("quality: at its peak less at the beginning", Criterion.NotBelow(0.02)));
        measurements.Add(Paired(points[^1].Qualities, best.Qualities).Measures("quality: at the end less at its peak", Criterion.NotAbove(-0.1)));
        return measurements;
    }

    // The same requests to both.
    private static Interval Paired(double[] first, double[] second) => Means.Student([.. first.Zip(second, static (one, other) => one - other)]);
}
