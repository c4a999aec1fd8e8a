using System.Globalization;
using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.SmallModels;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Hallucination;

/// <summary>
/// A calibrated language model makes up facts at no less than about the share of them that its training text holds once
/// only, however well it is trained (Kalai &amp; Vempala 2023, arXiv:2311.14648). Theirs is a bound for text that the model
/// draws; here it is asked for each fact and gives its best answer.
/// </summary>
internal sealed class WhyItHallucinates : IExperiment
{
    private const int Batch = 8;
    private const int SentencesPerRow = 8;
    private const int Length = SentencesPerRow * (PersonFacts.SentenceLength + 1);
    private const double LargestShare = 0.5;

    public string Name => "why-it-hallucinates";

    public string LessonSays => "It hallucinates because it produces what is plausible; what it has read too seldom it makes up.";

    public string Does =>
        "Trains a small model on each of several corpora of invented facts, of which 0 to 50 % are seen once and the others many times, " +
        "and asks for every fact, greedily: an answer that is a city, and not the right one, is a hallucination.";

    public IReadOnlyList<string> Criteria =>
    [
        "rank correlation of hallucination with the share seen once at least 0.9, resampling corpora and resampling facts",
    ];

    public bool StartsLabs => true;

    /// <summary>What is trained; the tests break it.</summary>
    internal Func<SmallModel, SmallModel> Plan { get; init; } = SmallModel.AsPlanned;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var (corpora, count) = context.Quick ? (7, 120) : (21, 160);
        var words = new PersonFacts(context.Seed);
        var separator = words.Vocabulary.SpecialTokens[ByteLevelBpeTrainer.Separator];
        var subjects = Enumerable.Range(0, corpora).Select(at =>
        {
            var share = LargestShare * at / (corpora - 1);
            var random = new Random(unchecked((context.Seed * 1_000_003) + at));
            var facts = words.Invent(count, share, random);
            var options = Options(context, at);
            var text = words.Text(facts, options.CorpusTokens / (PersonFacts.SentenceLength + 1), random);
            // Facts are all that there is: the training sentences themselves stand in for held-out text.
            var corpus = new TokenizedCorpus(text, text[..((Batch * SentencesPerRow) + 1)], words.Vocabulary.VocabularySize, separator);
            var name = string.Create(CultureInfo.InvariantCulture, $"seen-once-{share:0.000}");
            return (Share: share, Facts: facts, Model: Plan(new SmallModel(name, options, corpus, words.Vocabulary)));
        }).ToList();

        await using var lab = await SmallModelTraining.ServeAsync(context, [.. subjects.Select(static subject => subject.Model)], cancellation);
        var answers = new List<(double Share, IReadOnlyList<Answer> Answers)>();
        foreach (var (share, facts, model) in subjects)
        {
            answers.Add((share, await Concurrently.SelectAsync(
                facts, (fact, cancelled) => AskAsync(lab, model.Name, separator, fact, words, cancelled), cancellation)));
        }

        return Judge(answers, context.Seed);
    }

    private static async Task<Answer> AskAsync(
        IExperimentLab lab, string model, int separator, PersonFact fact, PersonFacts words, CancellationToken cancellation)
    {
        var responses = await lab.GenerateTokensAsync(
            new GenerateTokensRequest
            {
                Model = model,
                Prompt = new TokenIds { Ids = { separator, fact.Person } },
                Sampling = new SamplingProgram { Temperature = 0 },
                MaxTokens = 1,
            },
            cancellation);
        var said = responses.Select(static response => response.Token).First(static token => token is not null);
        return new Answer(fact.SeenOnce, words.IsCity(said.TokenId), said.TokenId == fact.City);
    }

    private static IReadOnlyList<Measurement> Judge(IReadOnlyList<(double Share, IReadOnlyList<Answer> Answers)> corpora, int seed)
    {
        var all = corpora.SelectMany(static corpus => corpus.Answers).ToList();
        return
        [
            HallucinationCorrelation.OverCorpora(corpora)
                .Measures("Spearman(hallucination, share seen once), interval over corpora", Criterion.NotBelow(0.9)),
            HallucinationCorrelation.OverFacts(corpora, seed).Measures("the same, interval over facts", Criterion.NotBelow(0.9)),
            Share("answers in form: a city", all, static answer => answer.InForm),
            Share("hallucination, facts seen once", [.. all.Where(static answer => answer.SeenOnce)], static answer => answer.Hallucinated),
            Share("hallucination, facts seen often", [.. all.Where(static answer => !answer.SeenOnce)], static answer => answer.Hallucinated),
            .. corpora.Select(static corpus => Share(
                string.Create(CultureInfo.InvariantCulture, $"hallucination, {100 * corpus.Share:0.#} % seen once"),
                corpus.Answers, static answer => answer.Hallucinated)),
        ];
    }

    private static Measurement Share(string what, IReadOnlyList<Answer> answers, Func<Answer, bool> holds) =>
        Proportions.Wilson(answers.Count(holds), answers.Count).Measures(what, Criterion.Reported);

    private static BaseTrainingOptions Options(ExperimentContext context, int corpus)
    {
        var steps = context.Quick ? 320 : 600;
        return new BaseTrainingOptions
        {
            Seed = unchecked((context.Seed * 1_000) + corpus),
            Steps = steps,
            BatchSize = Batch,
            Length = Length,
            // Rows hold whole sentences, so that none is cut from its answer; one sentence more for the last target.
            CorpusTokens = (steps * Batch * Length) + PersonFacts.SentenceLength + 1,
            HiddenSize = 64,
            Layers = 2,
            Heads = 4,
            HeadSize = 16,
            IntermediateSize = 256,
            LearningRate = 5e-3f,
            WarmUpSteps = 30,
        };
    }
}
