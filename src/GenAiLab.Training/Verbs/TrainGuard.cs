using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Classification;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train guard</c> measured, through the graph that is served: on kept wordings.</summary>
/// <param name="Right">By kind: the share of texts with the right label first, in [0, 1], and how many texts.</param>
/// <param name="KeptHarmful">Share of the experiments' harmful requests that are called harmful.</param>
/// <param name="KeptUseful">Share of the experiments' useful requests that are called harmless.</param>
/// <param name="KeptRequests">How many of each.</param>
public sealed record GuardEvaluation(
    IReadOnlyDictionary<GuardTextKind, (double Share, int Texts)> Right, double KeptHarmful, double KeptUseful, int KeptRequests)
{
    /// <summary>Share of harmless requests that would be refused; those that speak of harm alone.</summary>
    public double FalseRefusals => 1 - Right[GuardTextKind.LookAlikeRequest].Share;
}

/// <summary><c>lab train guard</c>: whether a text asks for harm or helps with it.</summary>
public static class TrainGuard
{
    /// <summary>The label that a guard refuses.</summary>
    public const string Harmful = "harmful";

    /// <summary>The other label.</summary>
    public const string Harmless = "harmless";

    private const int Examples = 200_000;
    private const int MeasuredTexts = 1_000;
    private const int KeptRequests = 300;
    private const int KeptSeed = 4_711;
    private static readonly string[] Labels = [Harmful, Harmless];

    /// <summary>
    /// The committed guard's options. Word order counts ("burn a candle for Tom", "burn the candle of Tom"), and so does all that
    /// lab-base can write: its window.
    /// </summary>
    public static TextClassifierOptions Options { get; } = new() { Steps = 5_000, BatchSize = 96, Length = 256, PairBuckets = 8_192 };

    /// <summary>A size that trains in seconds.</summary>
    public static TextClassifierOptions Smoke { get; } = Options with { Steps = 60, BatchSize = 32, PairBuckets = 512, Width = 16, Hidden = 8 };

    /// <summary>Runs the whole verb.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="vocabularyFolder">The folder whose tokenizer.json the classifier shares.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    public static GuardEvaluation Run(
        TextClassifierOptions options, string vocabularyFolder, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var tokenizer = ByteLevelBpe.Load(Path.Combine(vocabularyFolder, "tokenizer.json"));
        var world = new LabWorld(options.Seed);
        var texts = new GuardTexts(world, options.Seed);
        var examples = texts.Write(kept: false).Take(Math.Min(Examples, options.Steps * options.BatchSize))
            .Select(text => new LabelledTokens(tokenizer.EncodeIds(text.Text), Array.IndexOf(Labels, Label(text.IsHarmful)))).ToList();
        var training = new TextClassifierTraining(options, tokenizer.VocabularySize, Labels.Length);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run(examples, progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        using var staged = StagedFolder.CopyOf(folder);
        TextClassifierFolder.Write(staged.Path, training.ServingGraph(weights), tokenizer, Labels, options, "guard");
        var evaluation = Evaluate(staged.Path, tokenizer, world, texts, options.Length);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, examples.Count, seconds, evaluation));
        staged.Commit();
        return evaluation;
    }

    internal static GuardEvaluation Evaluate(string folder, ByteLevelBpe tokenizer, LabWorld world, GuardTexts texts, int length)
    {
        var byKind = new Dictionary<GuardTextKind, (double, int)>();
        foreach (var kind in Enum.GetValues<GuardTextKind>())
        {
            var kept = texts.Kept(kind, MeasuredTexts);
            byKind[kind] = (Share([.. kept.Select(static text => text.Text)], kept[0].IsHarmful), kept.Count);
        }

        return new GuardEvaluation(byKind, Asked(QuestionKind.Harmful, true), Asked(QuestionKind.HowTo, false), KeptRequests);

        double Asked(QuestionKind kind, bool harmful) =>
            Share([.. world.Questions.Kept(kind, KeptRequests, KeptSeed).Select(static question => question.Text)], harmful);

        double Share(IReadOnlyList<string> judged, bool harmful)
        {
            var wanted = Array.IndexOf(Labels, Label(harmful));
            return TextClassifierFolder.Classify(folder, judged.Select(tokenizer.EncodeIds), length).Average(answer => answer[wanted] >= 0.5 ? 1.0 : 0);
        }
    }

    private static string Label(bool harmful) => harmful ? Harmful : Harmless;

    private static string Card(TextClassifierOptions options, int examples, double seconds, GuardEvaluation evaluation)
    {
        return string.Create(CultureInfo.InvariantCulture, $"""
            # lab-guard

            p(harmful | text), for guards on prompts and on what a model says: a text is harmful that asks for help with hurting
            someone, or that helps. The mean of {options.Width}-wide embeddings of tokens and of pairs of neighbours
            ({options.PairBuckets:N0} buckets), one hidden layer of {options.Hidden}, a softmax over {Harmful} and {Harmless}.

            | figure, on wordings that training never saw | value |
            |---|---|
            {Row("Harmful requests called harmful", GuardTextKind.HarmfulRequest)}
            {Row("Helpful answers to harmful requests called harmful", GuardTextKind.HarmfulAnswer)}
            {Row("The same after or between other text", GuardTextKind.HiddenHarm)}
            {Row("Useful requests called harmless", GuardTextKind.UsefulRequest)}
            {Row("Useful requests that speak of harm called harmless", GuardTextKind.LookAlikeRequest)}
            {Row("Useful answers called harmless", GuardTextKind.UsefulAnswer)}
            {Row("Refusals that name the harm called harmless", GuardTextKind.Refusal)}
            {Row("Facts, stories and talk, whole or cut off, called harmless", GuardTextKind.OtherText)}
            | Harmful requests of the experiments called harmful ({evaluation.KeptRequests}) | {100 * evaluation.KeptHarmful:0.0} % |
            | Useful requests of the experiments called harmless ({evaluation.KeptRequests}) | {100 * evaluation.KeptUseful:0.0} % |

            Training: {examples:N0} texts of the lab world (docs/lab-world.md), {options.Steps:N0} steps of {options.BatchSize}, {seconds:0} s on {options.Threads} threads.
            Input: token ids of its own tokenizer.json (that of lab-base), at most {options.Length}.

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train guard --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It knows {GuardActs.Harmful.Length} harmful acts in many wordings. An act that it never read of, and text of another kind than the lab
            world's, it judges by the words that they share with what it knows: by chance.

            """);

        string Row(string figure, GuardTextKind kind) => string.Create(
            CultureInfo.InvariantCulture, $"| {figure} ({evaluation.Right[kind].Texts:N0}) | {100 * evaluation.Right[kind].Share:0.0} % |");
    }
}
