using GenAiLab.Models.Folders;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Goodhart;

/// <summary>How far the policy is pushed.</summary>
/// <param name="Pairs">Ranked pairs that the reward model learns from: few, so that it is a poor measure of what is good.</param>
/// <param name="RewardSteps">Steps of the reward model.</param>
/// <param name="Steps">Steps of the policy.</param>
/// <param name="Stops">How many times the policy is looked at on its way, after its beginning.</param>
/// <param name="LearningRate">Of the policy.</param>
/// <param name="KlWeight">The leash; none in this experiment.</param>
internal sealed record PushPlan(int Pairs, int RewardSteps, int Steps, int Stops, float LearningRate, float KlWeight);

/// <summary>
/// Policies on their way from stage 2 against a reward model that learned from few pairs, each as a folder to be served.
/// </summary>
internal static class PushedPolicies
{
    /// <summary>The folder of the reward model, beside those of the policies.</summary>
    public const string RewardFolderName = "reward";

    /// <summary>Trains them; runs on the calling thread.</summary>
    /// <param name="context">Where and with what.</param>
    /// <param name="modelsRoot">Where lab-sft lies.</param>
    /// <param name="sft">Name of the model of stage 2.</param>
    /// <param name="plan">How far.</param>
    /// <param name="root">Folder of the folders to write.</param>
    /// <param name="cancellation">Ends the training.</param>
    /// <returns>Names of the policies, the model of stage 2 itself first.</returns>
    public static IReadOnlyList<string> Train(
        ExperimentContext context, string modelsRoot, string sft, PushPlan plan, string root, CancellationToken cancellation)
    {
        var checkpoints = Path.Combine(context.ScratchFolder, "checkpoints");
        try
        {
            var start = StageFolders.Open(Path.Combine(modelsRoot, sft), "lab train sft");
            var questions = new LabWorld(Experiments.LabModels.WorldSeed).Questions;
            var rewardFolder = Path.Combine(context.ScratchFolder, RewardFolderName);
            TrainReward(context, start, questions, plan, rewardFolder, checkpoints, cancellation);
            using var reward = new RewardScorer(rewardFolder, context.Threads);
            var options = new RlhfOptions
            {
                Seed = context.Seed,
                Threads = context.Threads,
                Steps = plan.Steps,
                KlWeight = plan.KlWeight,
                LearningRate = plan.LearningRate,
                EvaluationInterval = plan.Steps / plan.Stops,
            };
            var names = new List<string>();
            var data = TrainRlhf.Data(options, start, questions, reward) with { HeldOut = [] };
            new RlhfTraining(options, start.Model, data, Path.Combine(checkpoints, "policy")).Run(null, cancellation, (step, weights) =>
            {
                context.Progress?.Report($"pushing the policy: step {step} of {plan.Steps}");
                names.Add($"pushed-{step:000}");
                Write(Path.Combine(root, names[^1]), start, weights);
            });
            return names;
        }
        catch (Exception error) when (error is InvalidOperationException or ModelFolderException)
        {
            throw new ExperimentException($"the policy cannot be trained: {error.Message}");
        }
    }

    private static void TrainReward(
        ExperimentContext context, StageStart start, WorldQuestions questions, PushPlan plan, string folder, string checkpoints, CancellationToken cancellation)
    {
        var options = new RewardOptions { Seed = context.Seed, Threads = context.Threads, Steps = plan.RewardSteps, EvaluationInterval = plan.RewardSteps };
        context.Progress?.Report($"a reward model from {plan.Pairs} pairs");
        var pairs = RatedPairs.Draw(start, questions, plan.Pairs, options.Length - 36, context.Seed, context.Threads, cancellation)
            .Select(pair => TokenizedPair.From(start.Format, pair)).Where(pair => pair.Length <= options.Length).ToList();
        var result = new RewardTraining(options, start.Model, pairs, [], Path.Combine(checkpoints, RewardFolderName)).Run(null, cancellation);
        RewardFolder.Write(folder, result, start.Tokenizer, new TrainingRecord("reward model of few pairs", start.Name, options, new Dictionary<string, double> { ["pairs"] = pairs.Count }));
    }

    private static void Write(string folder, StageStart start, float[] weights)
    {
        var tokens = start.Model.Tokens;
        DecoderFolder.Write(
            folder, start.Model.Config, FlatParameters.Unpack(weights, FlatParameters.Of(start.Model.Config)), tokens.BosTokenId, tokens.EosTokenIds);
        start.Tokenizer.Save(folder, ChatFormat.Template, ChatFormat.EndToken);
    }
}
