using GenAiLab.Media.Pictures;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Practice;

/// <summary>A caption to make a medium for.</summary>
/// <param name="Prompt">Token ids up to the one that begins the medium.</param>
/// <param name="Label">Index of the label that the caption names.</param>
internal sealed record MediaTask(int[] Prompt, int Label);

/// <summary>
/// The last stage of a generator of pictures or films: it makes media for captions, a critic says how probable the label is that the
/// caption names, and policy optimisation makes more probable what was better than the other attempts at the same caption. What fails as
/// a whole, a rabbit with one ear, is a token or two in the loss of pre-training; here it is all that counts. The leash is the divergence
/// from the pre-trained weights, so that the generator goes on to make all that it made before.
/// </summary>
/// <param name="options">Of the policy optimisation.</param>
/// <param name="critic">Rates what is made.</param>
/// <param name="read">The frames that tokens stand for.</param>
internal sealed class MediaPractice(RlhfOptions options, MediaCritic critic, Func<int[], IReadOnlyList<Picture>> read)
{
    /// <summary>The panels of <see cref="StageResult.Curve"/>.</summary>
    public static IReadOnlyList<CurvePanel> Panels { get; } =
    [
        new("p(label named), by the critic", "probability", new Dictionary<string, string> { [RlhfTraining.Reward] = "mean" }),
        new("Divergence from pre-training", "nats per medium", new Dictionary<string, string> { [RlhfTraining.Kl] = "KL" }),
    ];

    /// <summary>Practises to the end.</summary>
    /// <param name="pretrained">The model before.</param>
    /// <param name="begin">Id that begins and ends a sequence.</param>
    /// <param name="tasks">What to practise on.</param>
    /// <param name="checkpoints">Where the run keeps its state.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public StageResult Run(
        BaseTrainingResult pretrained, int begin, IReadOnlyList<MediaTask> tasks, string checkpoints, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var start = new LlamaWeights(pretrained.Config, pretrained.Weights, DecoderFolder.Configuration(pretrained.Config, begin, begin));
        var data = new RlhfData(
            [.. tasks.Select(static task => task.Prompt)], HeldOut: [],
            attempts => critic.Rewards([.. attempts.Select(attempt => new LabelledPicture(read(attempt.Answer.Tokens), tasks[attempt.Prompt].Label))]),
            static (_, _, _) => throw new NotSupportedException("nothing is held out"));
        return new RlhfTraining(options, start, data, checkpoints).Run(progress, cancellation);
    }
}
