using GenAiLab.Experiments.Calls;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Experiments.Experiments;

/// <summary>Whether a call depends on anything but its request.</summary>
internal sealed class StatelessExperiment : IExperiment
{
    private const string Model = "lab-base";
    private const int AnswerTokens = 24;

    public string Name => "stateless";

    public string LessonSays => "An LLM is stateless: each call begins from nothing, and remembers only what its request contains.";

    public string Does =>
        "Sends the same requests before and after other traffic, after a restart and to two replicas at once, and compares the streams byte by byte "
        + "(ids, texts, log-probabilities, alternatives; not times and trace ids).";

    public IReadOnlyList<string> Criteria =>
    [
        "every stream is byte-equal after other traffic, after a restart and on two replicas: share 1",
        "a name is known with the history in at least 0.95",
        "without the history not more often than a guess is right",
    ];

    public bool StartsLabs => true;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        await context.Lab.RequireAsync(Model, cancellation);
        return [.. await ServiceAsync(context, cancellation), .. await Introductions.MeasureAsync(context, cancellation)];
    }

    private static async Task<Measurement[]> ServiceAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var texts = HeldOutText.Prompts(context, context.Quick ? 24 : 300, words: 5);
        var (asked, traffic) = (texts[..(texts.Length / 3)], texts[(texts.Length / 3)..]);
        GenerateRequest[] requests = [.. asked.Select((text, at) => Request(text, at))];
        var reference = await AnswersAsync(context.Lab, requests, cancellation);

        // Other traffic shares prefixes with the requests too, so that whatever a slot keeps is there to be mixed up.
        context.Progress?.Report("other traffic");
        await AnswersAsync(context.Lab, [.. traffic.Concat(asked.Select(static text => text + " and")).Select((text, at) => Request(text, at + 1_000))], cancellation);
        var afterTraffic = await AnswersAsync(context.Lab, requests, cancellation);

        context.Progress?.Report("a restart");
        await using var other = await context.Lab.StartAnotherAsync(null, cancellation);
        var afterRestart = await AnswersAsync(other, requests, cancellation);
        var replicas = await Task.WhenAll(AnswersAsync(context.Lab, requests, cancellation), AnswersAsync(other, requests, cancellation));
        return
        [
            Equal("after other traffic", reference, afterTraffic),
            Equal("after a restart", reference, afterRestart),
            Equal("on two replicas at once", [.. reference, .. reference], [.. replicas[0], .. replicas[1]]),
        ];
    }

    private static Measurement Equal(string when, IReadOnlyList<string> expected, IReadOnlyList<string> answers) => Measurement.Exact(
        $"share of streams that are byte-equal {when}",
        (double)expected.Zip(answers).Count(static pair => pair.First == pair.Second) / expected.Count, expected.Count, Criterion.NotBelow(1));

    // Greedy, drawn and cut, in both modes of the loop.
    private static GenerateRequest Request(string text, int at) => new()
    {
        Model = Model,
        Text = text,
        MaxTokens = AnswerTokens,
        Alternatives = 3,
        Mode = at % 2 == 0 ? LoopMode.Pushdown : LoopMode.Step,
        Sampling = new SamplingProgram { Temperature = at % 3 == 0 ? 0 : 1, TopP = at % 3 == 2 ? 0.9f : 1, Seed = (ulong)at },
    };

    private static Task<string[]> AnswersAsync(IExperimentLab lab, IReadOnlyList<GenerateRequest> requests, CancellationToken cancellation) =>
        Concurrently.SelectAsync(requests, async (request, cancelled) => Bytes(await lab.GenerateAsync(request, cancelled)), cancellation);

    // Everything that was streamed, less what tells of the call and not of the answer.
    private static string Bytes(Generation answer)
    {
        using var stream = new MemoryStream();
        new GenerationStarted(answer.Started) { TokenizeNanoseconds = 0, TraceId = "" }.WriteDelimitedTo(stream);
        foreach (var token in answer.Tokens)
        {
            new GeneratedToken(token) { Timing = null }.WriteDelimitedTo(stream);
        }

        new GenerationFinished(answer.Finished) { TimeToFirstTokenNanoseconds = 0, TotalNanoseconds = 0 }.WriteDelimitedTo(stream);
        return Convert.ToBase64String(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
