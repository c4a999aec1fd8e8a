using System.Globalization;
using GenAiLab.Media;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train draw</c> measured on the finished model.</summary>
/// <param name="Drawn">How many drawings were drawn for captions that name kind and colour.</param>
/// <param name="KindAgreement">Share of them in which lab-see sees the kind; null where there is no lab-see.</param>
/// <param name="ColourAgreement">Share of them in which the colour named is the one that covers most of the figure.</param>
/// <param name="Strange">Share of tokens that are no code.</param>
/// <param name="HeldOutLoss">Nats per token.</param>
public sealed record PaintingEvaluation(int Drawn, double? KindAgreement, double ColourAgreement, double Strange, double HeldOutLoss);

/// <summary><c>lab train draw</c>: drawings as sequences of codes → pre-training → practice → a model folder that draws.</summary>
public static class TrainDraw
{
    private const int Stream = 2, PracticeStream = 3;
    private const int CodebookDrawings = 20_000;
    private const int HeldOutDrawings = 256;
    private const int Rows = 32;
    private const int OnSheet = 24, SheetColumns = 12;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run; the vocabulary follows from the codebook.</param>
    /// <param name="pretrained">A folder that such a run wrote, to go on from where its practice ended; null: pre-train.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="judge">The folder of the classifier that rates what is drawn; it learned from other drawings.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <exception cref="ModelFolderException">The folder to go on from is of another run.</exception>
    public static PaintingEvaluation Run(
        GeneratorOptions options, string? pretrained, string folder, string judge, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var world = new PictureWorld(options.Pretraining.Seed);
        say("codebook: the patches of drawings that occur most often");
        var vocabulary = new PaintingVocabulary(new PictureCodec(
            PatchCodec.Learn(world.Training(Stream).Take(CodebookDrawings).Select(static drawing => drawing.Picture), patch: 2, options.Codes)));
        var tasks = Tasks(options, vocabulary, world);
        options = options.For(vocabulary.Size, tasks, vocabulary.Codec.MaximumLength);
        var training = new GeneratorTraining(options, Artist.Kinds, frames: null, checkpoints, say, progress);
        var (first, practised) = pretrained is null
            ? (training.Pretrain(Corpus(options.Pretraining, vocabulary, world), cancellation), [])
            : BaseModelFolder.Read(pretrained, options.Pretraining, options.Practice);
        var practice = training.Practise(
            first, practised, vocabulary.Begin, tokens => [vocabulary.Read(tokens).Picture],
            world.Training(Stream).Select(drawing => new LabelledPicture([vocabulary.Codec.Read(vocabulary.Codec.Encode(drawing.Picture))], Label(drawing))),
            tasks, cancellation);

        var drawings = world.Training(PracticeStream).Skip(options.Tasks).Take(options.Tried).ToList();
        var tried = training.Try(minP => Draw(
            options, vocabulary, first.Config, practice.Weights, [.. drawings.Select(static drawing => Caption.Of(drawing.Subject))], minP, cancellation)
            .Zip(drawings, static (drawn, drawing) => new LabelledPicture([drawn.Picture], Label(drawing))));

        say("evaluation: drawing, and looking at it");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        BaseModelFolder.Write(staged.Path, first, options.Pretraining, vocabulary.Begin, practice, MediaPractice.Panels);
        DecoderFolder.WriteConfigurations(
            staged.Path, first.Config, new GenerationSettings { Temperature = 1, MinP = tried.MaxBy(static one => one.Reward)!.MinP }, vocabulary.Begin, vocabulary.Begin);
        vocabulary.Save(staged.Path);
        MediaCodecFile.Write(staged.Path, new MediaTokens(vocabulary.Codec, vocabulary.Picture, EndId: null, vocabulary.FirstCode), vocabulary.Codec.Settings());
        var before = practised.Count == practice.Rounds.Count ? null : Evaluate(options, vocabulary, first.Config, first.Weights, world, judge, sheet: null, cancellation);
        var after = Evaluate(options, vocabulary, first.Config, practice.Weights, world, judge, Path.Combine(staged.Path, "sheet.png"), cancellation);
        AtomicFile.WriteText(
            Path.Combine(staged.Path, "README.md"),
            Card(options, vocabulary, first, practised.Count, practice, before, after, tried));
        staged.Commit();
        training.Forget();
        return after;
    }

    private static int Label(Drawing drawing) => TrainSee.IndexOf(Artist.Kinds, drawing.Subject.Kind);

    private static TokenizedCorpus Corpus(BaseTrainingOptions options, PaintingVocabulary vocabulary, PictureWorld world)
    {
        var captions = new Random(StableHash.Of($"{options.Seed}|captions"));
        var heldOutCaptions = new Random(StableHash.Of($"{options.Seed}|held-out captions"));
        return new TokenizedCorpus(
            world.Training(Stream).Select(drawing => vocabulary.Document(drawing, captions)),
            [.. world.HeldOut().Take(HeldOutDrawings).Select(drawing => vocabulary.Document(drawing, heldOutCaptions))],
            vocabulary.Size, vocabulary.Begin);
    }

    private static List<MediaTask> Tasks(GeneratorOptions options, PaintingVocabulary vocabulary, PictureWorld world)
    {
        var captions = new Random(StableHash.Of($"{options.Pretraining.Seed}|practice captions"));
        return [.. world.Training(PracticeStream).Take(options.Tasks)
            .Select(drawing => new MediaTask(vocabulary.Prompt(Caption.Of(drawing.Subject, captions)), Label(drawing)))];
    }

    private static List<(Picture Picture, int Strange)> Draw(
        GeneratorOptions options, PaintingVocabulary vocabulary, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, IReadOnlyList<string> captions,
        float minP, CancellationToken cancellation)
    {
        var prompts = captions.Select(vocabulary.Prompt).ToList();
        var capacity = prompts.Max(static prompt => prompt.Length) + vocabulary.Codec.MaximumLength;
        using var rollouts = new Rollouts(config, Rows, capacity, vocabulary.Begin, options.Pretraining.Threads);
        return [.. rollouts.Generate(
                FlatParameters.Pack(weights, FlatParameters.Of(config)), prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row, cancellation, minP)
            .Select(rollout => vocabulary.Read(rollout.Tokens))];
    }

    private static PaintingEvaluation Evaluate(
        GeneratorOptions options, PaintingVocabulary vocabulary, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, PictureWorld world, string judge,
        string? sheet, CancellationToken cancellation)
    {
        var subjects = world.HeldOut().Take(HeldOutDrawings).Select(static drawing => drawing.Subject).ToList();
        var pictures = Draw(options, vocabulary, config, weights, [.. subjects.Select(static subject => Caption.Of(subject))], minP: 0, cancellation);
        if (sheet is not null)
        {
            SaveSheet(sheet, [.. pictures.Take(OnSheet).Select(static drawn => drawn.Picture)], world);
        }

        double? kinds = null;
        if (File.Exists(Path.Combine(judge, SeeingFolder.GraphFile)))
        {
            var seen = SeeingFolder.Classify(judge, pictures.Select(static drawn => drawn.Picture));
            kinds = subjects.Zip(seen, static (subject, probabilities) => Artist.Kinds[Array.IndexOf(probabilities, probabilities.Max())] == subject.Kind ? 1.0 : 0).Average();
        }

        return new PaintingEvaluation(
            pictures.Count, kinds,
            subjects.Zip(pictures, static (subject, drawn) => ColourOfFigure.Of(drawn.Picture, subject.Scene) == subject.Colour ? 1.0 : 0).Average(),
            pictures.Sum(static drawn => drawn.Strange) / (double)(pictures.Count * vocabulary.Codec.MaximumLength),
            HeldOutLoss.Of(config, weights, Corpus(options.Pretraining, vocabulary, world), options.Pretraining));
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

    private static string Card(
        GeneratorOptions options, PaintingVocabulary vocabulary, BaseTrainingResult first, int practised, PracticeRecord practice, PaintingEvaluation? before,
        PaintingEvaluation after, IReadOnlyList<TriedSampling> tried) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-draw

            The generative direction for pictures: p(drawing | caption), a code at a time. The decoder is the same as for text; what its
            tokens mean, only the tokenizer knows.

            | | |
            |---|---|
            | Pictures | {vocabulary.Codec.Patches.Width} × {vocabulary.Codec.Patches.Height} pixels, {vocabulary.Codec.MaximumLength} codes in raster order, each a patch of {vocabulary.Codec.Patches.Patch} × {vocabulary.Codec.Patches.Patch} |
            | Codebook | {vocabulary.Codec.Patches.Codes.Count:N0} patches, those that occur most often in drawings |
            | Vocabulary | {vocabulary.Size:N0} tokens: {Caption.Words.Count} words, the codes and 3 control tokens |
            | Shape | {first.Config.Layers} layers, width {first.Config.HiddenSize}, {first.Config.Heads} query and {first.Config.KeyValueHeads} key/value heads of {first.Config.HeadSize}, feed-forward {first.Config.IntermediateSize} |
            | Parameters | {first.Config.ParameterCount:N0} |
            {GeneratorCard.Training(options, first, practice, "drawings", "kinds")}

            ## Measured

            On drawings that no model learned from, and captions of such drawings in full, at temperature 1 without a filter, by the training command. It is
            served with the min-p with which the critic found most right, of {options.Tried:N0} drawings each (docs/opposites.md has lab-see's figures):

            {GeneratorCard.Tried(tried)}

            {GeneratorCard.Header(practised, practice.Rounds.Count)}
            | lab-see, which learned from other drawings, sees the kind in ({after.Drawn} drawings) | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.KindAgreement))} |
            | The figure has the colour named in | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.ColourAgreement))} |
            | Tokens that are no code | {GeneratorCard.Columns(before, after, static one => string.Create(CultureInfo.InvariantCulture, $"{100 * one.Strange:0.00} %"))} |
            | Held-out loss, bits per token | {GeneratorCard.Columns(before, after, static one => string.Create(CultureInfo.InvariantCulture, $"{one.HeldOutLoss / Math.Log(2):0.000}"))} |

            The first {OnSheet} of those drawings, each above the one of {CodebookDrawings:N0} training drawings that is most like it:

            ![Drawings](sheet.png)

            ![Loss curve](loss.png)

            ![Practice](practice.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train draw --seed {options.Pretraining.Seed} --threads {options.Pretraining.Threads}

            ## Limits

            It draws the things of the lab world and nothing else. Words that no caption has are one and the same unknown word to it.

            """);
}
