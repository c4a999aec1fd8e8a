using GenAiLab.Experiments.SmallModels;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;

namespace GenAiLab.Experiments.Objective;

/// <summary>
/// Next-token prediction comes down to what cannot be predicted: cross-entropy is the entropy of the source plus the
/// divergence of the model from it (Shannon 1948), and only the second part can be trained away.
/// </summary>
internal sealed class ObjectiveExperiment : IExperiment
{
    // With the separator in front a document fills a row of training: what is scored is what was trained.
    private const int Length = 64;
    private const int Symbols = Length - 1;
    private const string Model = "grammar";

    public string Name => "objective";

    public string LessonSays => "Pre-training has one objective: predict the next token.";

    public string Does =>
        "Trains a small model on sentences of a grammar whose entropy is computed exactly, scores held-out sentences through the " +
        "Decoder service, and compares with the entropy and with bigrams and trigrams counted on the same training text.";

    public IReadOnlyList<string> Criteria =>
    [
        "held-out loss at most 0.05 nats a token above the grammar's entropy",
        "held-out loss less that of the grammar itself within −0.01 and 0.05",
        "loss less than that of bigrams and of trigrams: a difference of at least 0",
    ];

    public bool StartsLabs => true;

    /// <summary>What is trained; the tests break it.</summary>
    internal Func<SmallModel, SmallModel> Plan { get; init; } = SmallModel.AsPlanned;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var options = Options(context);
        var vocabulary = ByteLevelBpeTrainer.Train([], 257);
        var separator = vocabulary.SpecialTokens[ByteLevelBpeTrainer.Separator];
        var grammar = AgreementGrammar.Create(context.Seed, letter => vocabulary.EncodeIds($"{letter}")[0]);
        var training = Draw(options.CorpusTokens / Length, context.Seed);
        var heldOut = Draw(context.Quick ? 300 : 2_000, ~context.Seed);
        var corpus = new TokenizedCorpus(training, heldOut, vocabulary.VocabularySize, separator);

        await using var lab = await SmallModelTraining.ServeAsync(context, [Plan(new SmallModel(Model, options, corpus, vocabulary))], cancellation);
        var scored = await DocumentScoring.NatsAsync(lab, Model, separator, heldOut, cancellation);

        var entropy = grammar.Entropy(Symbols);
        var model = PerToken(scored);
        var bigram = PerToken(heldOut.Select(new NGramModel(2, separator, training).Nats));
        var trigram = PerToken(heldOut.Select(new NGramModel(3, separator, training).Nats));
        var source = PerToken(heldOut.Select(grammar.Nats));
        return
        [
            Measurement.Exact("entropy of the grammar, nats per token", entropy, Symbols, Criterion.Reported),
            Means.Student(model).Measures("held-out loss, nats per token", Criterion.Reported),
            Means.Student([.. model.Select(loss => loss - entropy)]).Measures("held-out loss - entropy", Criterion.NotAbove(0.05)),
            // No model is better than the source: less would mean that the scores see what they are to predict.
            Means.Student(Difference(model, source)).Measures("held-out loss - what the grammar itself gives each document", Criterion.Within(-0.01, 0.05)),
            Means.Student(Difference(bigram, model)).Measures("loss of a bigram model - held-out loss", Criterion.NotBelow(0)),
            Means.Student(Difference(trigram, model)).Measures("loss of a trigram model - held-out loss", Criterion.NotBelow(0)),
        ];

        int[][] Draw(int count, int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, count).Select(_ => grammar.Draw(Symbols, random))];
        }
    }

    private static BaseTrainingOptions Options(ExperimentContext context)
    {
        var (steps, batch) = (context.Quick ? 300 : 1_500, 16);
        return new BaseTrainingOptions
        {
            Seed = context.Seed,
            Steps = steps,
            BatchSize = batch,
            Length = Length,
            // One document more than rows, for the last row's last target.
            CorpusTokens = ((steps * batch) + 1) * Length,
            HiddenSize = 64,
            Layers = 2,
            Heads = 4,
            HeadSize = 16,
            IntermediateSize = 128,
            LearningRate = 5e-3f,
            WarmUpSteps = 40,
        };
    }

    private static double[] PerToken(IEnumerable<double> nats) => [.. nats.Select(static sum => sum / Symbols)];

    private static double[] Difference(double[] left, double[] right) => [.. left.Zip(right, static (one, other) => one - other)];
}
