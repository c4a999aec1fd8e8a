using GenAiLab.Media.Pictures;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Training.Practice;

/// <summary>The two stages of a generator of pictures or films: pre-training on sequences of codes, and practice against a critic.</summary>
/// <param name="options">Of both.</param>
/// <param name="labels">What the critic tells apart.</param>
/// <param name="frames">Frames of a film; null for pictures.</param>
/// <param name="checkpoints">Where each stage keeps its state.</param>
/// <param name="say">Told what is being done.</param>
/// <param name="progress">Told of every step.</param>
internal sealed class GeneratorTraining(
    GeneratorOptions options, IReadOnlyList<string> labels, int? frames, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress)
{
    private readonly string _practice = Path.Combine(checkpoints, "practice");
    private readonly MediaCritic _critic = new(options.Critic, labels, frames, Path.Combine(checkpoints, "critic"));

    /// <summary>The first stage.</summary>
    public BaseTrainingResult Pretrain(TokenizedCorpus corpus, CancellationToken cancellation)
    {
        say($"corpus: {options.Pretraining.CorpusTokens:N0} tokens, vocabulary of {corpus.VocabularySize:N0}");
        return new BaseTraining(options.Pretraining, corpus, checkpoints).Run(progress, cancellation);
    }

    /// <summary>The second stage.</summary>
    /// <param name="pretrained">What the first left.</param>
    /// <param name="begin">Id that begins and ends a sequence.</param>
    /// <param name="read">The frames that tokens stand for.</param>
    /// <param name="examples">What the critic learns from, without end.</param>
    /// <param name="tasks">What to practise on.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public StageResult Practise(
        BaseTrainingResult pretrained, int begin, Func<int[], IReadOnlyList<Picture>> read, IEnumerable<LabelledPicture> examples, IReadOnlyList<MediaTask> tasks,
        CancellationToken cancellation)
    {
        say("critic: learning to tell the generator's own training examples apart");
        _critic.Learn(examples, progress, cancellation);
        say($"practice: {options.Practice.Prompts} × {options.Practice.Group} attempts a step at {tasks.Count:N0} captions");
        return new MediaPractice(options.Practice, _critic, read).Run(pretrained, begin, tasks, _practice, progress, cancellation);
    }

    /// <summary>Forgets the unfinished run.</summary>
    public void Forget()
    {
        _critic.Forget();
        TrainingCheckpoint.Delete(_practice);
        TrainingCheckpoint.Delete(checkpoints);
    }
}
