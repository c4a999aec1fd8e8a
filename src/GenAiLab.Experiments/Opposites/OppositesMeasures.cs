using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;

namespace GenAiLab.Experiments.Opposites;

/// <summary>Every figure that all modalities share, of two directions as they are served.</summary>
/// <typeparam name="T">A picture, a sound, a film.</typeparam>
/// <param name="modality">The data.</param>
/// <param name="directions">What is measured.</param>
/// <param name="criteria">What it has to reach.</param>
/// <param name="plan">How much is drawn.</param>
/// <param name="seed">Of whatever is drawn.</param>
/// <param name="progress">Told what is being done.</param>
internal sealed class OppositesMeasures<T>(
    IModality<T> modality, IDirections<T> directions, OppositesCriteria criteria, OppositesPlan plan, int seed, IProgress<string>? progress)
{
    // The last ones are asked about what was learned from generated examples, those before them are the yardstick, and the first give the prompts.
    private readonly Lazy<List<Example<T>>> _heldOut = new(() => [.. modality.HeldOut().Take(plan.Learned + plan.Compared + plan.Scored)]);
    private List<T>? _training, _real, _others;

    /// <summary>The generated examples, in the order of their prompts; there once something has been measured of them.</summary>
    public IReadOnlyList<Example<T>> Generated { get; private set; } = [];

    private List<Example<T>> HeldOut => _heldOut.Value;

    private List<Example<T>> Scored => HeldOut[^plan.Scored..];

    /// <summary>Measures everything. What is generated is generated once.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation) =>
    [
        await AccuracyAsync(cancellation), await RecodedAccuracyAsync(cancellation), .. await AgreementAsync(cancellation),
        .. await NoveltyAsync(cancellation), await TwoSampleAsync(cancellation), .. await DiversityAsync(cancellation), .. await ScoreAsync(cancellation),
    ];

    /// <summary>Of the classifier, on held-out examples.</summary>
    public async Task<Measurement> AccuracyAsync(CancellationToken cancellation)
    {
        progress?.Report($"classifying {plan.Asked:N0} held-out {modality.Examples}");
        var right = await RightAsync([.. modality.Asked().Take(plan.Asked)], cancellation);
        return Proportions.Wilson(right, plan.Asked).Measures($"accuracy of the classifier on held-out {modality.Examples}", Criterion.NotBelow(criteria.Accuracy));
    }

    /// <summary>The same of real examples in the generator's codes: more cannot be asked of the generator.</summary>
    public async Task<Measurement> RecodedAccuracyAsync(CancellationToken cancellation)
    {
        var recoded = (await RealAsync(cancellation)).Zip(HeldOut.Skip(plan.Learned), static (medium, example) => example with { Medium = medium }).ToList();
        return Proportions.Wilson(await RightAsync(recoded, cancellation), recoded.Count).Measures(
            $"the same where {modality.Examples} went through the generator's codec", Criterion.Reported);
    }

    /// <summary>Of the classifier with the prompts, on all generated examples, and of what is seen without one.</summary>
    public async Task<IReadOnlyList<Measurement>> AgreementAsync(CancellationToken cancellation)
    {
        await GenerateAsync(cancellation);
        return
        [
            Proportions.Wilson(await RightAsync(Generated, cancellation), Generated.Count).Measures(
                $"agreement: the classifier sees what the prompt of generated {modality.Examples} names", Criterion.NotBelow(criteria.Agreement)),
            .. modality.Attributes.Select(attribute =>
                Proportions.Wilson(Generated.Count(example => attribute.Has(example.Medium, example.Prompt)), Generated.Count).Measures(
                    $"agreement: generated {modality.Examples} have the prompt's {attribute.Name}", Criterion.Reported)),
        ];
    }

    /// <summary>In both spaces.</summary>
    public async Task<IReadOnlyList<Measurement>> NoveltyAsync(CancellationToken cancellation)
    {
        var generated = await ComparedAsync(cancellation);
        progress?.Report($"comparing with {plan.Training:N0} training {modality.Examples}");
        var (training, real) = (await TrainingAsync(cancellation), await RealAsync(cancellation));
        return
        [
            .. Novelty.Measure(Raw(generated), Raw(real), Raw(training), seed).Measurements("raw space"),
            .. Novelty.Measure(Features(generated), Features(real), Features(training), seed).Measurements("feature space"),
        ];

        IReadOnlyList<float[]> Features(IReadOnlyList<T> media) => modality.Features(media, cancellation);
    }

    /// <summary>The strongest of four who try to tell real from generated.</summary>
    public async Task<Measurement> TwoSampleAsync(CancellationToken cancellation)
    {
        var generated = await ComparedAsync(cancellation);
        progress?.Report("telling real from generated");
        var (name, accuracy) = TwoSampleTest.Strongest(await RealAsync(cancellation), generated,
        [
            ("neighbours in feature space", OnVectors(Features, Separators.ByNeighbours)),
            ("neighbours in raw space", OnVectors(Raw, Separators.ByNeighbours)),
            ("regression on features", OnVectors(Features, Separators.ByRegression)),
            ("a network", ByNetwork),
        ]);
        return accuracy.Measures($"two-sample test: balanced accuracy of the strongest separator, {name}", Criterion.NotAbove(OppositesCriteria.TwoSample));

        IReadOnlyList<float[]> Features(IReadOnlyList<T> media) => modality.Features(media, cancellation);

        bool[] ByNetwork(IReadOnlyList<(T Example, bool Generated)> examples, IReadOnlyList<T> asked) =>
            [.. modality.TrainAndAsk([.. examples.Select(static one => (one.Example, one.Generated ? 1 : 0))], 2, asked, seed, cancellation).Select(static label => label == 1)];
    }

    /// <summary>Whether all of the data is there, and whether the examples of one prompt differ as much as real ones.</summary>
    public async Task<IReadOnlyList<Measurement>> DiversityAsync(CancellationToken cancellation)
    {
        var generated = modality.Features(await ComparedAsync(cancellation), cancellation);
        var real = modality.Features(await RealAsync(cancellation), cancellation);
        var others = modality.Features(await OthersAsync(cancellation), cancellation);
        return
        [
            .. Manifold.Measure(real, generated).Against(Manifold.Measure(real, others), plan.Compared),
            await SpreadAsync(cancellation),
        ];
    }

    /// <summary>
    /// The classification accuracy score (Ravuri and Vinyals 2019, arXiv:1905.10887), the same on real examples that went through the
    /// codec as all that was learned from did, and what the same classifier makes of as many real examples of the same prompts.
    /// </summary>
    public async Task<IReadOnlyList<Measurement>> ScoreAsync(CancellationToken cancellation)
    {
        await GenerateAsync(cancellation);
        var recoded = await RecodeAsync(Scored, cancellation);
        var real = await RecodeAsync(HeldOut.Take(plan.Learned), cancellation);
        progress?.Report("learning from what was generated, and from as much that is real");
        var answers = LearnFrom(Generated.Select(static example => example.Medium));
        var yardstick = LearnFrom(real);
        return
        [
            Right(answers[..plan.Scored]).Measures(
                $"classification accuracy score: learned from {Generated.Count:N0} generated {modality.Examples} only, asked held-out ones", Criterion.NotBelow(criteria.Score)),
            Right(answers[plan.Scored..]).Measures("the same, asked held-out ones that went through the generator's codec", Criterion.Reported),
            Right(yardstick[..plan.Scored]).Measures($"the yardstick: learned from as many real {modality.Examples} of the same prompts, which went through the codec", Criterion.Reported),
        ];

        int[] LearnFrom(IEnumerable<T> media) => modality.TrainAndAsk(
            [.. media.Zip(HeldOut, static (medium, example) => (medium, example.Prompt.Label))], modality.Labels.Count,
            [.. Scored.Select(static example => example.Medium), .. recoded], seed, cancellation);

        Interval Right(IEnumerable<int> given) => Proportions.Wilson(given.Zip(Scored).Count(static pair => pair.First == pair.Second.Prompt.Label), plan.Scored);
    }

    /// <summary>Generated examples beside the training example nearest to each, for a person to see how like they are.</summary>
    public async Task<IReadOnlyList<(T Generated, T Nearest)>> NearestTrainingAsync(int count, CancellationToken cancellation)
    {
        var (generated, training) = ((await ComparedAsync(cancellation)).Take(count).ToList(), await TrainingAsync(cancellation));
        return [.. Neighbours.Nearest(Raw(generated), Raw(training)).Select((nearest, at) => (generated[at], training[nearest.Index]))];
    }

    // Compared with what was generated is what the codes can say: otherwise it would be the codec that is told from the data.
    private async Task<List<T>> TrainingAsync(CancellationToken cancellation) =>
        _training ??= await RecodeAsync(modality.Training().Take(plan.Training), cancellation);

    private async Task<List<T>> RealAsync(CancellationToken cancellation) =>
        _real ??= await RecodeAsync(HeldOut.Skip(plan.Learned).Take(plan.Compared), cancellation);

    private async Task<List<T>> OthersAsync(CancellationToken cancellation) => _others ??= await RecodeAsync(HeldOut.Take(plan.Compared), cancellation);

    private async Task<List<T>> RecodeAsync(IEnumerable<Example<T>> examples, CancellationToken cancellation)
    {
        List<T> media = [.. examples.Select(static example => example.Medium)];
        progress?.Report($"{media.Count:N0} real {modality.Examples} go through the generator's codec");
        return [.. await Concurrently.SelectAsync(media, directions.RecodeAsync, cancellation)];
    }

    private async Task GenerateAsync(CancellationToken cancellation)
    {
        if (Generated.Count == 0)
        {
            progress?.Report($"generating {plan.Learned:N0} {modality.Examples}");
            Generated = await GenerateAsync([.. HeldOut.Take(plan.Learned).Select(static example => example.Prompt)], 0, cancellation);
        }
    }

    private async Task<List<T>> ComparedAsync(CancellationToken cancellation)
    {
        await GenerateAsync(cancellation);
        return [.. Generated.Take(plan.Compared).Select(static example => example.Medium)];
    }

    private async Task<int> RightAsync(IReadOnlyList<Example<T>> examples, CancellationToken cancellation)
    {
        var seen = await Concurrently.SelectAsync(examples, (example, cancelled) => directions.ClassifyAsync(example.Medium, cancelled), cancellation);
        return seen.Zip(examples).Count(static pair => pair.First == pair.Second.Prompt.Label);
    }

    private async Task<Example<T>[]> GenerateAsync(IReadOnlyList<Prompt> prompts, int offset, CancellationToken cancellation) => await Concurrently.SelectAsync(
        [.. prompts.Index()],
        async (prompt, cancelled) =>
            new Example<T>(await directions.GenerateAsync(prompt.Item, ((ulong)(uint)seed << 32) + (ulong)(offset + prompt.Index), cancelled), prompt.Item),
        cancellation);

    private static Separator<T> OnVectors(Func<IReadOnlyList<T>, IReadOnlyList<float[]>> vectors, Separator<float[]> separator) => (examples, asked) =>
        separator([.. vectors([.. examples.Select(static one => one.Example)]).Zip(examples, static (vector, one) => (vector, one.Generated))], vectors(asked));

    private async Task<Measurement> SpreadAsync(CancellationToken cancellation)
    {
        var prompts = HeldOut.TakeLast(plan.Prompts).Select(static example => example.Prompt).ToList();
        var repeated = prompts.SelectMany(prompt => Enumerable.Repeat(prompt, plan.PerPrompt)).ToList();
        progress?.Report($"generating {repeated.Count:N0} {modality.Examples} of {plan.Prompts} prompts");
        var (generated, random) = (await GenerateAsync(repeated, plan.Learned, cancellation), new Random(seed));
        var real = await RecodeAsync([.. repeated.Select(prompt => new Example<T>(modality.Real(prompt, random), prompt))], cancellation);
        var pairs = prompts.Select((prompt, at) => (
            Raw([.. generated.Skip(at * plan.PerPrompt).Take(plan.PerPrompt).Select(static example => example.Medium)]),
            Raw(real[(at * plan.PerPrompt)..((at + 1) * plan.PerPrompt)]))).ToList();
        return PromptSpread.Ratio(pairs, seed).Measures(
            $"diversity: distance between generated {modality.Examples} of one prompt, over that of real ones", Criterion.Within(0.85, 1.15));
    }

    private IReadOnlyList<float[]> Raw(IReadOnlyList<T> media) => [.. media.Select(modality.Raw)];
}
