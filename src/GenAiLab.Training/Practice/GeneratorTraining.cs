using GenAiLab.Media.Pictures;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Serving;

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
    private readonly MediaCritic _critic = new(options.Critic, labels, frames, Path.Combine(checkpoints, "critic"));

    /// <summary>The first stage.</summary>
    public BaseTrainingResult Pretrain(TokenizedCorpus corpus, CancellationToken cancellation)
    {
        say($"corpus: {options.Pretraining.CorpusTokens:N0} tokens, vocabulary of {corpus.VocabularySize:N0}");
        return new BaseTraining(options.Pretraining, corpus, checkpoints).Run(progress, cancellation);
    }

    /// <summary>The second stage, or what is left of it.</summary>
    /// <param name="start">What the first stage left, with the weights after the rounds that were practised.</param>
    /// <param name="practised">These rounds.</param>
    /// <param name="begin">Id that begins and ends a sequence.</param>
    /// <param name="read">The frames that tokens stand for.</param>
    /// <param name="examples">What the critic learns from, without end.</param>
    /// <param name="tasks">What to practise on.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public PracticeRecord Practise(
        BaseTrainingResult start, IReadOnlyList<PracticeRound> practised, int begin, Func<int[], IReadOnlyList<Picture>> read,
        IEnumerable<LabelledPicture> examples, IReadOnlyList<MediaTask> tasks, CancellationToken cancellation)
    {
        say("critic: learning to tell the generator's own training examples apart");
        _critic.Learn(examples, progress, cancellation);
        var record = new PracticeRecord(start.Weights, practised);
        foreach (var (at, round) in options.Practice.Index().Skip(practised.Count))
        {
            say($"practice, round {at + 1} of {options.Practice.Count}: {round.Prompts} × {round.Group} attempts a step at {tasks.Count:N0} captions");
            var result = new MediaPractice(round, _critic, read).Run(start with { Weights = record.Weights }, begin, tasks, Checkpoints(at), progress, cancellation);
            record = new PracticeRecord(result.Weights, [.. record.Rounds, PracticeRound.Of(round, result)]);
        }

        return record;
    }

    /// <summary>What the critic makes of media by each least probability of a code: the judge must have no part in the choice.</summary>
    /// <param name="generate">Media, labelled with what was asked for, that are drawn with so much min-p.</param>
    public IReadOnlyList<TriedSampling> Try(Func<float, IEnumerable<LabelledPicture>> generate)
    {
        say("choosing the least probability of a code, by the critic");
        return [.. options.LeastProbabilities.Select(minP => new TriedSampling(minP, _critic.Rewards([.. generate(minP)]).Average()))];
    }

    /// <summary>Forgets the unfinished run.</summary>
    public void Forget()
    {
        _critic.Forget();
        for (var round = 0; round < options.Practice.Count; round++)
        {
            TrainingCheckpoint.Delete(Checkpoints(round));
        }

        TrainingCheckpoint.Delete(checkpoints);
    }

    // A round that is finished leaves its last checkpoint, and an interrupted run passes it by without a step.
    private string Checkpoints(int round) => Path.Combine(checkpoints, $"practice-{round + 1}");
}
