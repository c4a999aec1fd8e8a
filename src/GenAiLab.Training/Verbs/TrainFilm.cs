using System.Globalization;
using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Films;
using GenAiLab.Training.Films.Filming;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train film</c> measured on the finished model.</summary>
/// <param name="ExactPatches">Share of patches of held-out clips that the codebook has.</param>
/// <param name="Filmed">How many films were made for captions in full.</param>
/// <param name="Agreement">Share of them in which lab-watch sees the thing and the motion; null where there is no lab-watch.</param>
/// <param name="KindAgreement">Share in which it sees the thing.</param>
/// <param name="MotionAgreement">Share in which it sees the motion.</param>
/// <param name="Strange">Share of tokens that are no code.</param>
/// <param name="HeldOutLoss">Nats per token.</param>
public sealed record FilmingEvaluation(
    double ExactPatches, int Filmed, double? Agreement, double? KindAgreement, double? MotionAgreement, double Strange, double HeldOutLoss);

/// <summary><c>lab train film</c>: films as sequences of codes → pre-training → practice → a model folder that films.</summary>
public static class TrainFilm
{
    private const int Stream = 2, PracticeStream = 3;
    private const int CodebookClips = 4_000;
    private const int HeldOutClips = 64;
    private const int Filmed = 256;
    private const int SheetClips = 8;
    private const int Rows = 32;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run; the vocabulary follows from the codebook.</param>
    /// <param name="pretrained">A folder that such a run wrote, to go on from where its practice ended; null: pre-train.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="judge">The folder of the classifier that rates what is filmed; it learned from other films.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <exception cref="ModelFolderException">The folder to go on from is of another run.</exception>
    public static FilmingEvaluation Run(
        GeneratorOptions options, string? pretrained, string folder, string judge, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var world = new FilmWorld(options.Pretraining.Seed);
        say("codebook: the patches of films that occur most often");
        var vocabulary = new FilmingVocabulary(new FilmCodec(Codebook(world, options.Codes), Motions.Frames));
        var tasks = Tasks(options, vocabulary, world);
        options = options.For(vocabulary.Tokens.Size, tasks, vocabulary.Codec.MaximumLength);
        var training = new GeneratorTraining(options, Director.Labels, Motions.Frames, checkpoints, say, progress);
        var (first, practised) = pretrained is null
            ? (training.Pretrain(Corpus(options.Pretraining, vocabulary, world), cancellation), [])
            : BaseModelFolder.Read(pretrained, options.Pretraining, options.Practice);
        var practice = training.Practise(
            first, practised, vocabulary.Tokens.Begin, tokens => vocabulary.Read(tokens).Frames,
            world.Training(Stream).Select(clip => new LabelledPicture(vocabulary.Codec.DecodeFrames(vocabulary.Codec.Encode(clip.Frames)), Label(clip))),
            tasks, cancellation);

        var clips = world.Training(PracticeStream).Skip(options.Tasks).Take(options.Tried).ToList();
        var tried = training.Try(minP => Film(
            options, vocabulary, first.Config, practice.Weights, [.. clips.Select(static clip => FilmCaption.Of(clip.Plot))], minP, cancellation)
            .Zip(clips, static (film, clip) => new LabelledPicture(film.Frames, Label(clip))));

        say("evaluation: filming, and watching it");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        BaseModelFolder.Write(staged.Path, first, options.Pretraining, vocabulary.Tokens.Begin, practice, MediaPractice.Panels);
        DecoderFolder.WriteConfigurations(
            staged.Path, first.Config, new GenerationSettings { Temperature = 1, MinP = tried.MaxBy(static one => one.Reward)!.MinP }, vocabulary.Tokens.Begin, vocabulary.Tokens.Begin);
        vocabulary.Tokens.Save(staged.Path);
        MediaCodecFile.Write(staged.Path, new MediaTokens(vocabulary.Codec, vocabulary.Tokens.Medium, EndId: null, vocabulary.Tokens.FirstCode), vocabulary.Codec.Settings());
        var before = practised.Count == practice.Rounds.Count ? null : Evaluate(options, vocabulary, first.Config, first.Weights, world, judge, sheet: null, cancellation);
        var after = Evaluate(options, vocabulary, first.Config, practice.Weights, world, judge, Path.Combine(staged.Path, "sheet.png"), cancellation);
        AtomicFile.WriteText(
            Path.Combine(staged.Path, "README.md"),
            Card(options, vocabulary, first, practised.Count, practice, before, after, tried));
        staged.Commit();
        training.Forget();
        return after;
    }

    private static int Label(Clip clip) => TrainSee.IndexOf(Director.Labels, clip.Plot.Label);

    private static TokenizedCorpus Corpus(BaseTrainingOptions options, FilmingVocabulary vocabulary, FilmWorld world)
    {
        var captions = new Random(StableHash.Of($"{options.Seed}|film captions"));
        var heldOutCaptions = new Random(StableHash.Of($"{options.Seed}|held-out film captions"));
        return new TokenizedCorpus(
            world.Training(Stream).Select(clip => vocabulary.Document(clip, captions)),
            [.. world.HeldOut().Take(HeldOutClips).Select(clip => vocabulary.Document(clip, heldOutCaptions))],
            vocabulary.Tokens.Size, vocabulary.Tokens.Begin);
    }

    private static List<MediaTask> Tasks(GeneratorOptions options, FilmingVocabulary vocabulary, FilmWorld world)
    {
        var captions = new Random(StableHash.Of($"{options.Pretraining.Seed}|film practice captions"));
        return [.. world.Training(PracticeStream).Take(options.Tasks)
            .Select(clip => new MediaTask(vocabulary.Tokens.Prompt(FilmCaption.Of(clip.Plot, captions)), Label(clip)))];
    }

    /// <summary>The patches of clips that occur most often.</summary>
    internal static PatchCodec Codebook(FilmWorld world, int codes) =>
        PatchCodec.Learn(world.Training(Stream).Take(CodebookClips).SelectMany(static clip => clip.Frames), Motions.Tile, codes);

    /// <summary>Share of the patches of clips that a codebook has.</summary>
    internal static double ExactPatches(PatchCodec codec, IEnumerable<Clip> clips) => clips.SelectMany(static clip => clip.Frames).Average(frame =>
    {
        var patches = codec.Decode(codec.Encode(frame));
        var different = 0;
        for (var patch = 0; patch < codec.Length; patch++)
        {
            different += PatchesEqual(frame, patches, codec.Patch, patch) ? 0 : 1;
        }

        return 1 - (different / (double)codec.Length);
    });

    private static bool PatchesEqual(Picture first, Picture second, int side, int patch)
    {
        var (down, across) = Math.DivRem(patch, first.Width / side);
        for (var row = 0; row < side; row++)
        {
            var at = 3 * ((((down * side) + row) * first.Width) + (across * side));
            if (!first.Rgb.AsSpan(at, 3 * side).SequenceEqual(second.Rgb.AsSpan(at, 3 * side)))
            {
                return false;
            }
        }

        return true;
    }

    private static List<(IReadOnlyList<Picture> Frames, int Strange)> Film(
        GeneratorOptions options, FilmingVocabulary vocabulary, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, IReadOnlyList<string> captions,
        float minP, CancellationToken cancellation)
    {
        var prompts = captions.Select(vocabulary.Tokens.Prompt).ToList();
        var capacity = prompts.Max(static prompt => prompt.Length) + vocabulary.Codec.MaximumLength;
        using var rollouts = new Rollouts(config, Rows, capacity, vocabulary.Tokens.Begin, options.Pretraining.Threads);
        return [.. rollouts.Generate(
                FlatParameters.Pack(weights, FlatParameters.Of(config)), prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row, cancellation, minP)
            .Select(rollout => vocabulary.Read(rollout.Tokens))];
    }

    private static FilmingEvaluation Evaluate(
        GeneratorOptions options, FilmingVocabulary vocabulary, LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, FilmWorld world, string judge,
        string? sheet, CancellationToken cancellation)
    {
        var plots = world.HeldOut().Take(Filmed).Select(static clip => clip.Plot).ToList();
        var films = Film(options, vocabulary, config, weights, [.. plots.Select(static plot => FilmCaption.Of(plot))], minP: 0, cancellation);
        if (sheet is not null)
        {
            List<IReadOnlyList<Picture>> shown = [.. films.Take(SheetClips).Select(static film => film.Frames)];
            var nearest = NearestPictures.Find(shown, [.. world.Training(Stream).Take(CodebookClips).Select(static clip => clip.Frames)]);
            PictureSheet.Save(sheet, [.. shown.Zip(nearest).SelectMany(static pair => new[] { pair.First, pair.Second })]);
        }

        List<string[]>? seen = File.Exists(Path.Combine(judge, SeeingFolder.GraphFile))
            ? [.. SeeingFolder.Classify(judge, films.Select(static film => film.Frames), Motions.Frames).Select(static probabilities => TrainWatch.Best(probabilities).Split(", "))]
            : null;
        return new FilmingEvaluation(
            ExactPatches(vocabulary.Codec.Patches, world.HeldOut().Take(Filmed)), films.Count,
            Share(static (plot, label) => plot.Kind == label[0] && plot.Motion == label[1]),
            Share(static (plot, label) => plot.Kind == label[0]),
            Share(static (plot, label) => plot.Motion == label[1]),
            films.Sum(static film => film.Strange) / (double)(films.Count * vocabulary.Codec.MaximumLength),
            HeldOutLoss.Of(config, weights, Corpus(options.Pretraining, vocabulary, world), options.Pretraining));

        double? Share(Func<Plot, string[], bool> agree) => seen is null ? null : plots.Zip(seen, agree).Average(static agrees => agrees ? 1.0 : 0);
    }

    private static string Card(
        GeneratorOptions options, FilmingVocabulary vocabulary, BaseTrainingResult first, int practised, PracticeRecord practice, FilmingEvaluation? before,
        FilmingEvaluation after, IReadOnlyList<TriedSampling> tried) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-film

            The generative direction for films: p(film | caption), a code at a time, frame after frame. Most codes say that a patch is as it, or
            its neighbour, was in the frame before; which one, and where, is what it learned. The decoder is the same as for text.

            | | |
            |---|---|
            | Films | {vocabulary.Codec.Frames} frames of {vocabulary.Codec.Patches.Width} × {vocabulary.Codec.Patches.Height} pixels, {vocabulary.Codec.MaximumLength} codes, each a patch of {vocabulary.Codec.Patches.Patch} × {vocabulary.Codec.Patches.Patch} |
            | Codebook | {vocabulary.Codec.Patches.Codes.Count:N0} patches, and where in the frame before a patch comes from; {100 * after.ExactPatches:0.00} % of the patches of held-out films are among them |
            | Vocabulary | {vocabulary.Tokens.Size:N0} tokens: {FilmCaption.Words.Count} words, the codes and 3 control tokens |
            | Shape | {first.Config.Layers} layers, width {first.Config.HiddenSize}, {first.Config.Heads} query and {first.Config.KeyValueHeads} key/value heads of {first.Config.HeadSize}, feed-forward {first.Config.IntermediateSize} |
            | Parameters | {first.Config.ParameterCount:N0} |
            {GeneratorCard.Training(options, first, practice, "films", "things and motions")}

            ## Measured

            On films that no model learned from, and captions of such films in full, at temperature 1 without a filter, by the training command. It is
            served with the min-p with which the critic found most right, of {options.Tried} films each (docs/opposites.md has lab-watch's figures):

            {GeneratorCard.Tried(tried)}

            {GeneratorCard.Header(practised, practice.Rounds.Count)}
            | lab-watch, which learned from other films, sees thing and motion in ({after.Filmed} films) | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.Agreement))} |
            | The thing alone | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.KindAgreement))} |
            | The motion alone | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.MotionAgreement))} |
            | Tokens that are no code | {GeneratorCard.Columns(before, after, static one => string.Create(CultureInfo.InvariantCulture, $"{100 * one.Strange:0.00} %"))} |
            | Held-out loss, bits per token | {GeneratorCard.Columns(before, after, static one => string.Create(CultureInfo.InvariantCulture, $"{one.HeldOutLoss / Math.Log(2):0.000}"))} |

            The first {SheetClips} of those films, a row each, above the one of {CodebookClips:N0} training films that is most like it:

            ![Films](sheet.png)

            ![Loss curve](loss.png)

            ![Practice](practice.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train film --seed {options.Pretraining.Seed} --threads {options.Pretraining.Threads}

            ## Limits

            It films the things of the lab world and nothing else: {string.Join(", ", Director.Kinds)}; {string.Join(", ", Director.Colours)}. Words that no
            caption has are one and the same unknown word to it.

            """);
}
