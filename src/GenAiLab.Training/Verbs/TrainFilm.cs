using System.Globalization;
using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Films;
using GenAiLab.Training.Films.Filming;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train film</c> measured on the finished model.</summary>
/// <param name="BitsPerToken">Of held-out clips with their captions.</param>
/// <param name="ExactPatches">Share of patches of held-out clips that the codebook has.</param>
/// <param name="Filmed">How many films were made for captions in full.</param>
/// <param name="Agreement">Share of them in which lab-watch sees the thing and the motion; null where there is no lab-watch.</param>
/// <param name="KindAgreement">Share in which it sees the thing.</param>
/// <param name="MotionAgreement">Share in which it sees the motion.</param>
/// <param name="Strange">Share of tokens that are no code.</param>
public sealed record FilmingEvaluation(
    double BitsPerToken, double ExactPatches, int Filmed, double? Agreement, double? KindAgreement, double? MotionAgreement, double Strange);

/// <summary><c>lab train film</c>: films as sequences of codes → pre-training → a model folder that films.</summary>
public static class TrainFilm
{
    private const int Stream = 2;
    private const int CodebookClips = 4_000;
    private const int HeldOutClips = 64;
    private const int Filmed = 256;
    private const int SheetClips = 8;
    private const int Rows = 32;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run; the vocabulary follows from the codebook.</param>
    /// <param name="codes">Codes of the codebook at most.</param>
    /// <param name="folder">The model folder, replaced file by file at the end.</param>
    /// <param name="judge">The folder of the classifier that rates what is filmed; it learned from other films.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public static FilmingEvaluation Run(
        BaseTrainingOptions options, int codes, string folder, string judge, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var world = new FilmWorld(options.Seed);
        say("codebook: the patches of films that occur most often");
        var vocabulary = new FilmingVocabulary(new FilmCodec(Codebook(world, codes), Motions.Frames));
        options = options with { VocabularySize = vocabulary.Tokens.Size };
        say($"corpus: {options.CorpusTokens:N0} tokens of films, vocabulary of {vocabulary.Tokens.Size:N0}");
        var captions = new Random(StableHash.Of($"{options.Seed}|film captions"));
        var heldOutCaptions = new Random(StableHash.Of($"{options.Seed}|held-out film captions"));
        var corpus = new TokenizedCorpus(
            world.Training(Stream).Select(clip => vocabulary.Document(clip, captions)),
            [.. world.HeldOut().Take(HeldOutClips).Select(clip => vocabulary.Document(clip, heldOutCaptions))],
            vocabulary.Tokens.Size, vocabulary.Tokens.Begin);
        var result = new BaseTraining(options, corpus, checkpoints).Run(progress, cancellation);

        say("evaluation: filming, and watching it");
        BaseModelFolder.Write(folder, result, options, vocabulary.Tokens.Begin);
        vocabulary.Tokens.Save(folder);
        MediaCodecFile.Write(folder, new MediaTokens(vocabulary.Codec, vocabulary.Tokens.Medium, EndId: null, vocabulary.Tokens.FirstCode), vocabulary.Codec.Settings());
        var evaluation = Evaluate(options, vocabulary, result, world, judge, folder, cancellation);
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Card(options, vocabulary, result, evaluation));
        BaseTraining.Forget(checkpoints);
        return evaluation;
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
        BaseTrainingOptions options, FilmingVocabulary vocabulary, BaseTrainingResult result, IReadOnlyList<string> captions, CancellationToken cancellation)
    {
        var prompts = captions.Select(vocabulary.Tokens.Prompt).ToList();
        var capacity = prompts.Max(static prompt => prompt.Length) + vocabulary.Codec.MaximumLength;
        using var rollouts = new Rollouts(result.Config, Rows, capacity, vocabulary.Tokens.Begin, options.Threads);
        var parameters = FlatParameters.Pack(result.Weights, FlatParameters.Of(result.Config));
        return [.. rollouts.Generate(parameters, prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row, cancellation)
            .Select(rollout => vocabulary.Read(rollout.Tokens))];
    }

    private static FilmingEvaluation Evaluate(
        BaseTrainingOptions options, FilmingVocabulary vocabulary, BaseTrainingResult result, FilmWorld world, string judge, string folder,
        CancellationToken cancellation)
    {
        var plots = world.HeldOut().Take(Filmed).Select(static clip => clip.Plot).ToList();
        var films = Film(options, vocabulary, result, [.. plots.Select(static plot => FilmCaption.Of(plot))], cancellation);
        List<IReadOnlyList<Picture>> shown = [.. films.Take(SheetClips).Select(static film => film.Frames)];
        var nearest = NearestPictures.Find(shown, [.. world.Training(Stream).Take(CodebookClips).Select(static clip => clip.Frames)]);
        PictureSheet.Save(Path.Combine(folder, "sheet.png"), [.. shown.Zip(nearest).SelectMany(static pair => new[] { pair.First, pair.Second })]);
        List<string[]>? seen = File.Exists(Path.Combine(judge, "model.onnx"))
            ? [.. SeeingFolder.Classify(judge, films.Select(static film => film.Frames), Motions.Frames).Select(static probabilities => TrainWatch.Best(probabilities).Split(", "))]
            : null;
        return new FilmingEvaluation(
            result.Curve[^1].HeldOutLoss / Math.Log(2), ExactPatches(vocabulary.Codec.Patches, world.HeldOut().Take(Filmed)), films.Count,
            Share(static (plot, label) => plot.Kind == label[0] && plot.Motion == label[1]),
            Share(static (plot, label) => plot.Kind == label[0]),
            Share(static (plot, label) => plot.Motion == label[1]),
            films.Sum(static film => film.Strange) / (double)(films.Count * vocabulary.Codec.MaximumLength));

        double? Share(Func<Plot, string[], bool> agree) => seen is null ? null : plots.Zip(seen, agree).Average(static agrees => agrees ? 1.0 : 0);
    }

    private static string Card(BaseTrainingOptions options, FilmingVocabulary vocabulary, BaseTrainingResult result, FilmingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-film

            The generative direction for films: p(film | caption), a code at a time, frame after frame. Most codes say that a patch is as it, or
            its neighbour, was in the frame before; which one, and where, is what it learned. The decoder is the same as for text.

            | | |
            |---|---|
            | Films | {vocabulary.Codec.Frames} frames of {vocabulary.Codec.Patches.Width} × {vocabulary.Codec.Patches.Height} pixels, {vocabulary.Codec.MaximumLength} codes, each a patch of {vocabulary.Codec.Patches.Patch} × {vocabulary.Codec.Patches.Patch} |
            | Codebook | {vocabulary.Codec.Patches.Codes.Count:N0} patches, and where in the frame before a patch comes from; {100 * evaluation.ExactPatches:0.00} % of the patches of held-out films are among them |
            | Vocabulary | {vocabulary.Tokens.Size:N0} tokens: {FilmCaption.Words.Count} words, the codes and 3 control tokens |
            | Shape | {result.Config.Layers} layers, width {result.Config.HiddenSize}, {result.Config.Heads} query and {result.Config.KeyValueHeads} key/value heads of {result.Config.HeadSize}, feed-forward {result.Config.IntermediateSize} |
            | Parameters | {result.Config.ParameterCount:N0} |
            | Training | {options.Steps:N0} steps of {options.BatchSize} × {options.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads, {result.TokensPerSecond:N0} tokens/s |

            ## Measured

            On films that no model learned from, and captions of such films in full, at temperature 1, by the training command.

            | figure | value |
            |---|---|
            | Held-out loss | {evaluation.BitsPerToken:0.000} bits per token |
            | lab-watch, which learned from other films, sees thing and motion in ({evaluation.Filmed} films) | {Percent(evaluation.Agreement)} |
            | The thing alone | {Percent(evaluation.KindAgreement)} |
            | The motion alone | {Percent(evaluation.MotionAgreement)} |
            | Tokens that are no code | {100 * evaluation.Strange:0.00} % |

            The first {SheetClips} of those films, a row each, above the one of {CodebookClips:N0} training films that is most like it:

            ![Films](sheet.png)

            ![Loss curve](loss.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train film --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It films the things of the lab world and nothing else: {string.Join(", ", Director.Kinds)}; {string.Join(", ", Director.Colours)}. Words that no
            caption has are one and the same unknown word to it.

            """);

    private static string Percent(double? share) => share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.0} %") : "not measured";
}
