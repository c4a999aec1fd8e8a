using System.Globalization;
using GenAiLab.Media;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train draw</c> measured on the finished model.</summary>
/// <param name="BitsPerToken">Of held-out drawings with their captions.</param>
/// <param name="Drawn">How many drawings were drawn for captions that name kind and colour.</param>
/// <param name="KindAgreement">Share of them in which lab-see sees the kind; null where there is no lab-see.</param>
/// <param name="ColourAgreement">Share of them in which the colour named is the one that covers most of the figure.</param>
/// <param name="Strange">Share of tokens that are no code.</param>
public sealed record PaintingEvaluation(double BitsPerToken, int Drawn, double? KindAgreement, double ColourAgreement, double Strange);

/// <summary><c>lab train draw</c>: drawings as sequences of codes → pre-training → a model folder that draws.</summary>
public static class TrainDraw
{
    private const int Stream = 2;
    private const int CodebookDrawings = 20_000;
    private const int HeldOutDrawings = 256;
    private const int Rows = 32;
    private const int OnSheet = 24, SheetColumns = 12;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run; the vocabulary follows from the codebook.</param>
    /// <param name="codes">Codes of the codebook.</param>
    /// <param name="folder">The model folder, replaced file by file at the end.</param>
    /// <param name="judge">The folder of the classifier that rates what is drawn; it learned from other drawings.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public static PaintingEvaluation Run(
        BaseTrainingOptions options, int codes, string folder, string judge, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var world = new PictureWorld(options.Seed);
        say("codebook: the patches of drawings that occur most often");
        var vocabulary = new PaintingVocabulary(new PictureCodec(
            PatchCodec.Learn(world.Training(Stream).Take(CodebookDrawings).Select(static drawing => drawing.Picture), patch: 2, codes)));
        options = options with { VocabularySize = vocabulary.Size };
        say($"corpus: {options.CorpusTokens:N0} tokens of drawings, vocabulary of {vocabulary.Size:N0}");
        var captions = new Random(StableHash.Of($"{options.Seed}|captions"));
        var heldOutCaptions = new Random(StableHash.Of($"{options.Seed}|held-out captions"));
        var corpus = new TokenizedCorpus(
            world.Training(Stream).Select(drawing => vocabulary.Document(drawing, captions)),
            [.. world.HeldOut().Take(HeldOutDrawings).Select(drawing => vocabulary.Document(drawing, heldOutCaptions))],
            vocabulary.Size, vocabulary.Begin);
        var result = new BaseTraining(options, corpus, checkpoints).Run(progress, cancellation);

        say("evaluation: drawing, and looking at it");
        BaseModelFolder.Write(folder, result, options, vocabulary.Begin);
        vocabulary.Save(folder);
        MediaCodecFile.Write(folder, new MediaTokens(vocabulary.Codec, vocabulary.Picture, EndId: null, vocabulary.FirstCode), vocabulary.Codec.Settings());
        var evaluation = Evaluate(options, vocabulary, result, world, judge, folder, cancellation);
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Card(options, vocabulary, result, evaluation));
        BaseTraining.Forget(checkpoints);
        return evaluation;
    }

    /// <summary>Pictures for captions, drawn at temperature 1.</summary>
    internal static IReadOnlyList<(Picture Picture, int Strange)> Draw(
        BaseTrainingOptions options, PaintingVocabulary vocabulary, BaseTrainingResult result, IReadOnlyList<string> captions, CancellationToken cancellation)
    {
        var prompts = captions.Select(vocabulary.Prompt).ToList();
        var capacity = prompts.Max(static prompt => prompt.Length) + vocabulary.Codec.MaximumLength;
        using var rollouts = new Rollouts(result.Config, Rows, capacity, vocabulary.Begin, options.Threads);
        var parameters = FlatParameters.Pack(result.Weights, FlatParameters.Of(result.Config));
        return [.. rollouts.Generate(parameters, prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row, cancellation)
            .Select(rollout => vocabulary.Read(rollout.Tokens))];
    }

    private static PaintingEvaluation Evaluate(
        BaseTrainingOptions options, PaintingVocabulary vocabulary, BaseTrainingResult result, PictureWorld world, string judge, string folder, CancellationToken cancellation)
    {
        var subjects = world.HeldOut().Take(HeldOutDrawings).Select(static drawing => drawing.Subject).ToList();
        var pictures = Draw(options, vocabulary, result, [.. subjects.Select(static subject => Caption.Of(subject))], cancellation);
        SaveSheet(Path.Combine(folder, "sheet.png"), [.. pictures.Take(OnSheet).Select(static drawn => drawn.Picture)], world);
        double? kinds = null;
        if (File.Exists(Path.Combine(judge, "model.onnx")))
        {
            var seen = SeeingFolder.Classify(judge, pictures.Select(static drawn => drawn.Picture));
            kinds = subjects.Zip(seen, static (subject, probabilities) => Artist.Kinds[Array.IndexOf(probabilities, probabilities.Max())] == subject.Kind ? 1.0 : 0).Average();
        }

        return new PaintingEvaluation(
            result.Curve[^1].HeldOutLoss / Math.Log(2), pictures.Count, kinds,
            subjects.Zip(pictures, static (subject, drawn) => ColourOfFigure.Of(drawn.Picture, subject.Scene) == subject.Colour ? 1.0 : 0).Average(),
            pictures.Sum(static drawn => drawn.Strange) / (double)(pictures.Count * vocabulary.Codec.MaximumLength));
    }

    // Rows of drawings, each above what was learned from that is most like it.
    private static void SaveSheet(string path, IReadOnlyList<Picture> drawn, PictureWorld world)
    {
        var nearest = NearestPictures.Find(
            [.. drawn.Select(static picture => (IReadOnlyList<Picture>)[picture])],
            [.. world.Training(Stream).Take(CodebookDrawings).Select(static drawing => (IReadOnlyList<Picture>)[drawing.Picture])]);
        PictureSheet.Save(path, [.. drawn.Zip(nearest).Chunk(SheetColumns).SelectMany(static row => new IReadOnlyList<Picture>[]
        {
            [.. row.Select(static pair => pair.First)], [.. row.Select(static pair => pair.Second[0])],
        })]);
    }

    private static string Card(BaseTrainingOptions options, PaintingVocabulary vocabulary, BaseTrainingResult result, PaintingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-draw

            The generative direction for pictures: p(drawing | caption), a code at a time. The decoder is the same as for text; what its
            tokens mean, only the tokenizer knows.

            | | |
            |---|---|
            | Pictures | {vocabulary.Codec.Patches.Width} × {vocabulary.Codec.Patches.Height} pixels, {vocabulary.Codec.MaximumLength} codes in raster order, each a patch of {vocabulary.Codec.Patches.Patch} × {vocabulary.Codec.Patches.Patch} |
            | Codebook | {vocabulary.Codec.Patches.Codes.Count:N0} patches, those that occur most often in drawings |
            | Vocabulary | {vocabulary.Size:N0} tokens: {Caption.Words.Count} words, the codes and 3 control tokens |
            | Shape | {result.Config.Layers} layers, width {result.Config.HiddenSize}, {result.Config.Heads} query and {result.Config.KeyValueHeads} key/value heads of {result.Config.HeadSize}, feed-forward {result.Config.IntermediateSize} |
            | Parameters | {result.Config.ParameterCount:N0} |
            | Training | {options.Steps:N0} steps of {options.BatchSize} × {options.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads, {result.TokensPerSecond:N0} tokens/s |

            ## Measured

            On drawings that no model learned from, and captions of such drawings in full, at temperature 1, by the training command.

            | figure | value |
            |---|---|
            | Held-out loss | {evaluation.BitsPerToken:0.000} bits per token |
            | lab-see, which learned from other drawings, sees the kind in ({evaluation.Drawn} drawings) | {(evaluation.KindAgreement is { } kinds ? $"{100 * kinds:0.0} %" : "not measured")} |
            | The figure has the colour named in | {100 * evaluation.ColourAgreement:0.0} % |
            | Tokens that are no code | {100 * evaluation.Strange:0.00} % |

            The first {OnSheet} of those drawings, each above the one of {CodebookDrawings:N0} training drawings that is most like it:

            ![Drawings](sheet.png)

            ![Loss curve](loss.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train draw --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It draws the things of the lab world and nothing else. Words that no caption has are one and the same unknown word to it.

            """);
}
