using System.Globalization;
using GenAiLab.Experiments.SmallModels;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Scale;

/// <summary>Loss falls with the size of the model and with the amount of text, each as a power (Kaplan et al. 2020, arXiv:2001.08361).</summary>
internal sealed class ScaleExperiment : IExperiment
{
    private const int VocabularyDocuments = 4_000;

    public string Name => "scale";

    public string LessonSays => "More parameters and more text make a better model, predictably.";

    public string Does =>
        "Trains models of several sizes on several amounts of the lab world's text, each amount read once, and scores the same " +
        "held-out documents with each through the Decoder service.";

    public IReadOnlyList<string> Criteria =>
    [
        "the larger model of two neighbours, and the one with more text, has a lower loss: by at least 0.001 nats a token",
    ];

    public bool StartsLabs => true;

    /// <summary>What is trained; the tests break it.</summary>
    internal Func<SmallModel, SmallModel> Plan { get; init; } = SmallModel.AsPlanned;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var world = new LabWorld(context.Seed);
        context.Progress?.Report("learning a vocabulary");
        var vocabulary = ByteLevelBpeTrainer.Train(world.TrainingDocuments().Take(VocabularyDocuments), context.Quick ? 512 : 1_024);
        var separator = vocabulary.SpecialTokens[ByteLevelBpeTrainer.Separator];
        int[][] heldOut = [.. world.HeldOutDocuments().Select(vocabulary.EncodeIds).Select(static ids => ids[..Math.Min(ids.Length, ScaleCell.Length - 1)])];
        var grid = ScaleGrid.Create(context.Quick);
        var text = Read(world.TrainingDocuments().Select(vocabulary.EncodeIds), grid.Tokens[^1]);
        var corpus = new TokenizedCorpus(text, heldOut, vocabulary.VocabularySize, separator);
        var models = grid.Cells
            .Select(cell => Plan(new SmallModel(cell.Name, cell.Options(context.Seed, grid.WarmUpSteps), corpus, vocabulary))).ToList();
        await using var lab = await SmallModelTraining.ServeAsync(context, models, cancellation);
        var scores = new Dictionary<ScaleCell, double[]>();
        foreach (var (cell, model) in grid.Cells.Zip(models))
        {
            context.Progress?.Report($"scoring {heldOut.Length:N0} documents with {cell.Name}");
            scores[cell] = await DocumentScoring.NatsAsync(lab, model.Name, separator, heldOut, cancellation);
        }

        return new ScaleJudgement(grid, scores, [.. heldOut.Select(static document => document.Length)], context.Seed)
            .Measurements(cell => cell.Options(context.Seed, grid.WarmUpSteps).Model(vocabulary.VocabularySize));
    }

    // As many documents as the largest amount needs; smaller amounts are its beginning.
    private static List<int[]> Read(IEnumerable<int[]> documents, int tokens)
    {
        var read = new List<int[]>();
        foreach (var document in documents)
        {
            read.Add(document);
            tokens -= document.Length + 1;
            if (tokens < 0)
            {
                break;
            }
        }

        return read;
    }
}
