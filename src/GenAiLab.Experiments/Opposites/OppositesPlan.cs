namespace GenAiLab.Experiments.Opposites;

/// <summary>How much is drawn and compared.</summary>
/// <param name="Asked">Held-out examples that the classifier is asked.</param>
/// <param name="Compared">Generated examples that are compared with as many real ones.</param>
/// <param name="Learned">Generated examples, those included, by which agreement is measured and from which a classifier learns.</param>
/// <param name="Scored">Held-out examples that this classifier is asked.</param>
/// <param name="Training">Training examples that are compared with.</param>
/// <param name="Prompts">Prompts of which several examples are generated.</param>
/// <param name="PerPrompt">How many of each.</param>
/// <param name="Likelihoods">Held-out examples whose probability is measured.</param>
/// <param name="Bayes">Of them, those that are classified by Bayes' rule, which asks for their probability under each label.</param>
/// <param name="SmallSteps">Of training of the small generators that learn from few examples.</param>
internal sealed record OppositesPlan(
    int Asked, int Compared, int Learned, int Scored, int Training, int Prompts, int PerPrompt, int Likelihoods = 256, int Bayes = 140,
    int SmallSteps = 400)
{
    /// <summary>For drawings.</summary>
    public static OppositesPlan Pictures { get; } = new(2_000, 512, 8_192, 2_000, 20_000, 32, 6);

    /// <summary>For words, which are shorter than drawings.</summary>
    public static OppositesPlan Sounds { get; } = new(1_000, 512, 3_072, 1_000, 2_000, 128, 6, Bayes: 142);

    /// <summary>For films, which have three times the codes of drawings: a step of training takes as much longer.</summary>
    public static OppositesPlan Films { get; } = new(1_000, 256, 1_024, 1_000, 4_000, 24, 4, Likelihoods: 64, Bayes: 48, SmallSteps: 100);

    /// <summary>Enough to tell a working generator from a broken one.</summary>
    public OppositesPlan Quickly => this with
    {
        Asked = Asked / 5,
        Compared = 128,
        Learned = 256,
        Scored = Scored / 5,
        Training = Training / 10,
        Prompts = 8,
        PerPrompt = 3,
        Likelihoods = 16,
        Bayes = 14,
    };
}

/// <summary>What the two directions of a modality have to reach.</summary>
/// <param name="Accuracy">Of the classifier on held-out examples.</param>
/// <param name="Agreement">Of the classifier with the prompt on generated ones.</param>
/// <param name="Score">Classification accuracy score.</param>
internal sealed record OppositesCriteria(double Accuracy, double Agreement, double Score = 0.85)
{
    /// <summary>Balanced accuracy of the strongest separator, at most.</summary>
    public const double TwoSample = 0.65;

    /// <summary>One sentence each.</summary>
    public IReadOnlyList<string> InWords =>
    [
        FormattableString.Invariant($"the classifier is right about held-out examples in at least {Accuracy}, and sees what the prompt named in at least {Agreement} of generated ones"),
        FormattableString.Invariant($"a classifier that learned from generated examples alone is right about real ones in at least {Score}"),
        FormattableString.Invariant($"generated ones are told from real ones in at most {TwoSample}; they are 0.8 to 1.25 times as far from the training examples as held-out ones are"),
        "they are copies of training examples no more often than held-out ones are",
        "their diversity, recall and coverage are 0.85 to 1.15 times those of real ones",
    ];
}
