using GenAiLab.V1;

namespace GenAiLab.Cli.Chaos;

/// <summary>The generations of a run. Each is the same whenever it is sent, and can be resumed by its caller.</summary>
internal static class ChaosRequests
{
    /// <summary>Served by the decoders.</summary>
    public const string Model = "lab-base";

    /// <summary>Served by the classifiers.</summary>
    public const string Classifier = "lab-guard";

    private static readonly string[] Prompts =
        ["Once upon a time", "The capital of France is", "One day, Anna", "Tom told Mia: \"", "The password of Leo is", "Late one evening, Ruby", "5 plus 3 is"];

    private static readonly Action<GenerateRequest>[] Kinds =
    [
        static request => request.Sampling.Temperature = 0,
        static request => (request.Sampling.Temperature, request.Mode) = (0, LoopMode.Step),
        static request => request.Sampling.TopP = 0.95f,
        static request => (request.Sampling.MinP, request.Mode, request.Alternatives) = (0.02f, LoopMode.Step, 5),
        static request => (request.Sampling.RepetitionPenalty, request.Sampling.PresencePenalty, request.Sampling.XtcProbability) = (1.1f, 0.3f, 0.2f),
        static request => request.Constraint = new Constraint { Regex = "([a-z]+ )+[a-z]+\\." },
        static request => (request.Sampling.Temperature, request.Speculation) = (0, new Speculation { Ngram = new NgramLookup() }),
        static request => request.Guard = new Guard { Classifier = Classifier, Labels = { "harmful" }, Threshold = 1, Prompt = true },
    ];

    /// <summary>How many different ones there are before they come round.</summary>
    public static int Count => Kinds.Length * 3;

    /// <summary>Request n.</summary>
    /// <param name="number">Which.</param>
    /// <param name="seed">Of the run.</param>
    public static GenerateRequest Create(int number, int seed)
    {
        number %= Count;
        var request = new GenerateRequest
        {
            Model = Model,
            Text = Prompts[(number + (number / Kinds.Length)) % Prompts.Length],
            MaxTokens = 120,
            // The model's texts are short; one that may not end goes on.
            Sampling = new SamplingProgram { Seed = (ulong)((seed * Count) + number), BannedTokens = { 0 } },
        };
        Kinds[number % Kinds.Length](request);
        return request;
    }
}
