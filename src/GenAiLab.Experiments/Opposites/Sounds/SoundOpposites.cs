using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Experiments.Opposites.Sounds;

/// <summary>Listen and speak.</summary>
internal sealed class SoundOpposites : IExperiment
{
    private const string Listener = "lab-listen", Speaker = "lab-speak";
    private const double MostErrors = 0.08, MostErrorsOfSpeaker = 0.12;

    private static readonly OppositesCriteria Reach = new(0.95, 0.9);

    public string Name => "opposites-sounds";

    public string LessonSays => "Speech gives words, and words give new speech.";

    public string Does =>
        "Asks lab-hear about words of held-out voices and about words that lab-speak says, lets lab-listen write down phrases of both, and compares " +
        "what is said with real speech as opposites-pictures does. Needs espeak-ng.";

    public IReadOnlyList<string> Criteria =>
    [
        .. Reach.InWords,
        $"word error rate of {Listener} at most {MostErrors} on held-out voices, at most {MostErrorsOfSpeaker} on what {Speaker} says",
    ];

    public string? Obstacle => SpeechSynthesizer.Obstacle;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        if (Obstacle is { } obstacle)
        {
            throw new ExperimentException(obstacle);
        }

        await context.Lab.RequireAsync(Listener, cancellation);
        var modality = new SoundModality(context.ScratchFolder, context.Threads, cancellation);
        var (words, phrases) = (
            await new OppositesRun<float[]>(modality, "lab-hear", Speaker, Reach, OppositesPlan.Sounds).RunAsync(
                context, SpectrogramSheet.Save, cancellation),
            await PhrasesAsync(context, modality, cancellation));
        return [.. words, .. phrases];
    }

    private static async Task<IReadOnlyList<Measurement>> PhrasesAsync(ExperimentContext context, SoundModality modality, CancellationToken cancellation)
    {
        var count = context.Quick ? 24 : 300;
        context.Progress?.Report($"listening to {count} phrases of held-out voices, and to as many that were generated");
        var real = SpeechData.HeldOut(SpeechOptions.Listen, cancellation).Take(count).ToList();
        var served = new ServedDirections<float[]>(context.Lab, modality, "lab-hear", Speaker);
        var spoken = await Concurrently.SelectAsync(
            [.. real.Index()], (phrase, cancelled) => served.GenerateAsync(new Prompt(phrase.Item.Text, -1), (ulong)(uint)(context.Seed + phrase.Index), cancelled), cancellation);
        return
        [
            await ErrorsAsync([.. real.Select(static utterance => utterance.Samples)], "held-out voices", MostErrors),
            await ErrorsAsync(spoken, "what lab-speak says", MostErrorsOfSpeaker),
        ];

        async Task<Measurement> ErrorsAsync(IReadOnlyList<float[]> sounds, string whose, double most)
        {
            var heard = await Concurrently.SelectAsync([.. sounds.Zip(real)], async (pair, cancelled) => (Said: pair.Second.Text, Heard: (await context.Lab.GenerateAsync(
                new GenerateRequest
                {
                    Model = Listener,
                    Media = UnsafeByteOperations.UnsafeWrap(modality.Write(pair.First)),
                    Sampling = new SamplingProgram { Temperature = 0 },
                },
                cancelled)).Text.Trim()), cancellation);
            return Bootstrap.Percentiles(heard, WordErrors.Rate, context.Seed)
                .Measures($"word error rate of lab-listen on phrases of {whose}", Criterion.NotAbove(most));
        }
    }
}
