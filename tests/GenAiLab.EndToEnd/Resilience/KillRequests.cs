using GenAiLab.V1;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>Generations of every way to choose tokens, long enough to be cut.</summary>
internal static class KillRequests
{
    private static readonly string[] Prompts =
        ["Once upon a time", "The capital of France is", "One day, Anna", "Tom told Mia: \"", "The password of Leo is", "Quiz\n1. What is", "Late one evening, Ruby", "5 plus 3 is"];

    private static readonly (string Name, Action<GenerateRequest> Shape)[] Kinds =
    [
        ("greedy", static request => request.Sampling.Temperature = 0),
        ("greedy, step mode", static request => (request.Sampling.Temperature, request.Mode) = (0, LoopMode.Step)),
        ("drawn", static request => request.Sampling.TopP = 0.95f),
        ("drawn, step mode", static request => (request.Sampling.MinP, request.Mode, request.Alternatives) = (0.02f, LoopMode.Step, 5)),
        ("penalties", static request => Penalise(request.Sampling)),
        ("penalties, step mode", static request =>
        {
            Penalise(request.Sampling);
            request.Mode = LoopMode.Step;
        }),
        ("mirostat", static request => request.Sampling.Mirostat = new Mirostat { Tau = 3 }),
        ("mirostat, step mode", static request => (request.Sampling.Mirostat, request.Mode) = (new Mirostat { Tau = 3 }, LoopMode.Step)),
        ("constraint", static request => request.Constraint = new Constraint { Regex = "([a-z]+ )+[a-z]+\\." }),
        ("speculation, n-grams", static request => (request.Sampling.Temperature, request.Speculation) = (0, new Speculation { Ngram = new NgramLookup() })),
        ("speculation, draft, drawn", static request => request.Speculation = new Speculation { Draft = new DraftModel { Model = "lab-draft" } }),
        ("three candidates", static request => request.Candidates = 3),
        ("three candidates, step mode", static request => (request.Candidates, request.Mode) = (3, LoopMode.Step)),
        ("best of four", static request => (request.BestOf, request.Candidates) = (4, 2)),
        ("beam search", static request => (request.Sampling, request.BeamSearch, request.Candidates) = (null, new BeamSearch { Width = 3 }, 1)),
    ];

    /// <summary>How many different ones there are before they come round with other seeds and prompts.</summary>
    public static int Count => Kinds.Length;

    /// <summary>What is special about request n.</summary>
    public static string Name(int number) => Kinds[number % Kinds.Length].Name;

    /// <summary>Request n, the same in every run.</summary>
    public static GenerateRequest Create(int number)
    {
        var request = new GenerateRequest
        {
            Text = Prompts[(number + (number / Kinds.Length)) % Prompts.Length],
            MaxTokens = 200,

            // The model's texts are short; one that may not end goes on.
            Sampling = new SamplingProgram { Seed = (ulong)number, BannedTokens = { 0 } },
        };
        Kinds[number % Kinds.Length].Shape(request);
        return request;
    }

    private static void Penalise(SamplingProgram sampling)
    {
        (sampling.RepetitionPenalty, sampling.PresencePenalty, sampling.FrequencyPenalty, sampling.PenaltyWindow) = (1.1f, 0.3f, 0.1f, 64);
        (sampling.TopK, sampling.TypicalP) = (50, 0.95f);
        sampling.XtcProbability = 0.2f;
        sampling.Dry = new DryPenalty { Multiplier = 0.8f };
    }
}
