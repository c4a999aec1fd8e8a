using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Sft;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>
/// The last stage of a model that speaks: it says phrases, a critic that learned to listen to the speech it learned from hears words in
/// them, and policy optimisation makes more probable what was understood better than the other attempts at the same phrase. Like
/// <see cref="MediaPractice"/>, whose pictures are rated by one label; here the share of words that are understood is the reward.
/// </summary>
internal sealed class SpeechPractice(SpeakerOptions options, SpeechVocabulary vocabulary, string checkpoints)
{
    private readonly string _critic = Path.Combine(checkpoints, "critic");
    private readonly string _practice = Path.Combine(checkpoints, "practice");

    /// <summary>The panels of <see cref="StageResult.Curve"/>.</summary>
    public static IReadOnlyList<CurvePanel> Panels { get; } =
    [
        new("Words understood, by the critic", "share", new Dictionary<string, string> { [RlhfTraining.Reward] = "mean" }),
        new("Divergence from the first stage", "nats per phrase", new Dictionary<string, string> { [RlhfTraining.Kl] = "KL" }),
    ];

    /// <summary>Trains the critic.</summary>
    /// <param name="speech">Codes of what was learned from, with the words.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public StageResult LearnToListen(IEnumerable<(IReadOnlyList<int> Codes, string Text)> speech, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var data = new SftData([.. speech.Select(said => vocabulary.Listening(said.Codes, said.Text))], [], [], vocabulary.Begin);
        return new SftTraining(options.Critic.Steps, SpeechFolder.Start(options.Critic, vocabulary), data, _critic).Run(progress, cancellation);
    }

    /// <summary>Practises to the end.</summary>
    /// <param name="first">The model before.</param>
    /// <param name="critic">Hears what is said.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public StageResult Run(StageResult first, StageResult critic, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var random = new Random(StableHash.Of($"{options.Practice.Seed}|practised"));
        List<string> texts = [.. Enumerable.Range(0, options.Tasks).Select(_ => Phrases.Next(random))];
        int[][] prompts = [.. texts.Select(vocabulary.ToSay)];
        var longest = prompts.Max(static prompt => prompt.Length);
        var data = new RlhfData(
            prompts, HeldOut: [], attempts => Rewards([.. attempts.Select(attempt => (texts[attempt.Prompt], vocabulary.Codes(attempt.Answer.Tokens)))], critic, cancellation),
            static (_, _, _) => throw new NotSupportedException("nothing is held out"));
        return new RlhfTraining(
            options.Practice with { PromptLength = longest, AnswerLength = first.Config.ContextLength - longest },
            new LlamaWeights(first.Config, first.Weights, DecoderFolder.Configuration(first.Config, vocabulary.Begin, vocabulary.End, vocabulary.Begin)),
            data, _practice).Run(progress, cancellation);
    }

    /// <summary>Forgets the unfinished run.</summary>
    public void Forget()
    {
        TrainingCheckpoint.Delete(_critic);
        TrainingCheckpoint.Delete(_practice);
    }

    // Less than no word understood does not count: who babbles adds words without end.
    private float[] Rewards(IReadOnlyList<(string Text, int[] Codes)> said, StageResult critic, CancellationToken cancellation) =>
        [.. said.Zip(
            Listener.Hear(critic.Config, critic.Weights, vocabulary, [.. said.Select(static phrase => phrase.Codes)], options.Practice.Threads, cancellation),
            static (phrase, heard) => Math.Max(0, 1 - (WordErrors.Count(phrase.Text, heard) / (float)phrase.Text.Split(' ').Length)))];
}
