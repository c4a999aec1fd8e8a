using System.Diagnostics;
using System.Text;
using GenAiLab.Classifier.Folders;
using GenAiLab.Classifier.Images;
using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Media.Images;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Classifier;

/// <summary>The Classifier of genailab.v1: p(label | input).</summary>
[RequiresScope(ApiScopes.Classify)]
public sealed class ClassifierGrpcService : V1.Classifier.ClassifierBase
{
    /// <summary>The longest text, in bytes of UTF-8.</summary>
    public const int MaximumTextBytes = 1024 * 1024;

    // Ten seconds at 16,000 samples of 16 bits.
    private const int LargeSoundBytes = 320_000;

    private readonly ClassifierCatalog _catalog;
    private readonly ClassifierAdmission _admission;
    private readonly ClassifierTokenizer _tokenizer;
    private readonly ClassifierTelemetry _telemetry;

    internal ClassifierGrpcService(
        ClassifierCatalog catalog, ClassifierAdmission admission, ClassifierTokenizer tokenizer, ClassifierTelemetry telemetry)
    {
        _catalog = catalog;
        _admission = admission;
        _tokenizer = tokenizer;
        _telemetry = telemetry;
    }

    /// <inheritdoc/>
    public override async Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context)
    {
        var model = Find(request);
        if (request.Top < 0)
        {
            RpcErrors.ThrowInvalidArgument("top", "must be 0, for all labels, or more");
        }

        using var ticket = _admission.Enter();
        using var activity = _telemetry.Start(model.Name);
        var judged = model switch
        {
            TextClassifier text => await JudgeAsync(text, request, context),
            ImageClassifier image => await JudgeAsync(image, request, context.CancellationToken),
            FilmClassifier film => await JudgeAsync(film, request, context.CancellationToken),
            SoundClassifier sound => await JudgeAsync(sound, request, context.CancellationToken),
            _ => throw new UnreachableException(),
        };
        if (!Array.TrueForAll(judged.Logits, float.IsFinite))
        {
            throw new RpcException(new Status(StatusCode.Internal, $"classifier '{model.Name}' gave logits that are not finite numbers"));
        }

        _telemetry.Classified(activity, model.Name, judged.Tokens, judged.InModel);
        var ranked = Distribution.Rank(judged.Logits, model.Exclusive);
        return new ClassifyResponse
        {
            Model = model.Name,
            Labels = { ranked.Take(request.Top == 0 ? ranked.Length : request.Top).Select(label => Describe(model, label)) },
            TokenCount = judged.Tokens,
            TokenizeNanoseconds = (long)judged.Preparing.TotalNanoseconds,
            ModelNanoseconds = (long)judged.InModel.TotalNanoseconds,
        };
    }

    /// <inheritdoc/>
    public override Task<ListClassifiersResponse> ListClassifiers(ListClassifiersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListClassifiersResponse
        {
            DefaultClassifier = _catalog.DefaultName,
            Classifiers = { _catalog.List() },
        });

    // Whoever sends an image without naming a model does not mean the default one, which takes texts.
    private ClassifierModel Find(ClassifyRequest request) => (request.Model, request.InputCase) switch
    {
        ("", ClassifyRequest.InputOneofCase.Image) => _catalog.FindFor<ImageClassifier>() ?? _catalog.Find(""),
        ("", ClassifyRequest.InputOneofCase.Sound) => _catalog.FindFor<SoundClassifier>() ?? _catalog.Find(""),
        ("", ClassifyRequest.InputOneofCase.Film) => _catalog.FindFor<FilmClassifier>() ?? _catalog.Find(""),
        _ => _catalog.Find(request.Model),
    };

    private async Task<Judgement> JudgeAsync(TextClassifier model, ClassifyRequest request, ServerCallContext context)
    {
        var begin = Stopwatch.GetTimestamp();
        var ids = await ReadInputAsync(model, request, context);
        var tokenized = request.InputCase == ClassifyRequest.InputOneofCase.Text ? Stopwatch.GetElapsedTime(begin) : TimeSpan.Zero;
        return await _admission.RunAsync(
            () =>
            {
                var start = Stopwatch.GetTimestamp();
                return new Judgement(model.Run(ids, context.CancellationToken), ids.Length, tokenized, Stopwatch.GetElapsedTime(start));
            },
            context.CancellationToken);
    }

    private async Task<Judgement> JudgeAsync(ImageClassifier model, ClassifyRequest request, CancellationToken cancellation)
    {
        if (request.InputCase != ClassifyRequest.InputOneofCase.Image)
        {
            RpcErrors.ThrowInvalidArgument(FieldOf(request), $"'{model.Name}' takes an image");
        }

        try
        {
            using var image = EncodedImage.Open(request.Image.Span);
            Judgement Judge()
            {
                var begin = Stopwatch.GetTimestamp();
                var pixels = model.Prepare(image, cancellation);
                var prepared = Stopwatch.GetTimestamp();
                var logits = model.Run(pixels, cancellation);
                return new Judgement(logits, Tokens: 0, Stopwatch.GetElapsedTime(begin, prepared), Stopwatch.GetElapsedTime(prepared));
            }

            return await (image.IsLarge ? _admission.RunAloneAsync(Judge, cancellation) : _admission.RunAsync(Judge, cancellation));
        }
        catch (UnreadableImageException error)
        {
            throw RpcErrors.InvalidArgument("image", error.Message);
        }
    }

    private async Task<Judgement> JudgeAsync(SoundClassifier model, ClassifyRequest request, CancellationToken cancellation)
    {
        if (request.InputCase != ClassifyRequest.InputOneofCase.Sound)
        {
            RpcErrors.ThrowInvalidArgument(FieldOf(request), $"'{model.Name}' takes a sound");
        }

        try
        {
            Judgement Judge()
            {
                var begin = Stopwatch.GetTimestamp();
                var samples = model.Prepare(request.Sound.Span, cancellation);
                var prepared = Stopwatch.GetTimestamp();
                var logits = model.Run(samples, cancellation);
                return new Judgement(logits, Tokens: 0, Stopwatch.GetElapsedTime(begin, prepared), Stopwatch.GetElapsedTime(prepared));
            }

            // What a graph of any length keeps of half a minute takes as much memory as a large image.
            return await (model.Samples is null && request.Sound.Length > LargeSoundBytes
                ? _admission.RunAloneAsync(Judge, cancellation)
                : _admission.RunAsync(Judge, cancellation));
        }
        catch (UnreadableMediaException error)
        {
            throw RpcErrors.InvalidArgument("sound", error.Message);
        }
    }

    private async Task<Judgement> JudgeAsync(FilmClassifier model, ClassifyRequest request, CancellationToken cancellation)
    {
        if (request.InputCase != ClassifyRequest.InputOneofCase.Film)
        {
            RpcErrors.ThrowInvalidArgument(FieldOf(request), $"'{model.Name}' takes a film");
        }

        try
        {
            using var film = EncodedFilm.Open(request.Film.Span);
            Judgement Judge()
            {
                var begin = Stopwatch.GetTimestamp();
                var pixels = model.Prepare(film, cancellation);
                var prepared = Stopwatch.GetTimestamp();
                var logits = model.Run(pixels, cancellation);
                return new Judgement(logits, Tokens: 0, Stopwatch.GetElapsedTime(begin, prepared), Stopwatch.GetElapsedTime(prepared));
            }

            return await (film.IsLarge ? _admission.RunAloneAsync(Judge, cancellation) : _admission.RunAsync(Judge, cancellation));
        }
        catch (UnreadableMediaException error)
        {
            throw RpcErrors.InvalidArgument("film", error.Message);
        }
    }

    private async Task<long[]> ReadInputAsync(TextClassifier model, ClassifyRequest request, ServerCallContext context)
    {
        switch (request.InputCase)
        {
            case ClassifyRequest.InputOneofCase.Text:
                var bytes = Encoding.UTF8.GetByteCount(request.Text);
                if (bytes is 0 or > MaximumTextBytes)
                {
                    RpcErrors.ThrowInvalidArgument("text", bytes == 0 ? "is empty" : $"{bytes:N0} bytes of UTF-8; at most {MaximumTextBytes:N0}");
                }

                var encoded = await _tokenizer.EncodeAsync(model, request.Text, context.Deadline, context.CancellationToken);
                CheckLength(model, encoded.Length, "text");
                return encoded;
            case ClassifyRequest.InputOneofCase.Tokens:
                CheckLength(model, request.Tokens.Ids.Count, "tokens.ids");
                return ReadIds(model, request.Tokens.Ids);
            default:
                throw RpcErrors.InvalidArgument(FieldOf(request), $"'{model.Name}' takes a text or tokens");
        }
    }

    private static long[] ReadIds(TextClassifier model, IList<int> tokens)
    {
        var ids = new long[tokens.Count];
        for (var at = 0; at < ids.Length; at++)
        {
            ids[at] = tokens[at];
            if ((ulong)ids[at] >= (ulong)model.VocabularySize)
            {
                RpcErrors.ThrowInvalidArgument("tokens.ids", $"number {at} is {ids[at]}; ids of '{model.Name}' are 0 to {model.VocabularySize - 1}");
            }
        }

        return ids;
    }

    private static void CheckLength(TextClassifier model, int tokens, string field)
    {
        if (tokens == 0 || tokens > model.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument(field, tokens == 0 ? "is empty" : $"{tokens:N0} tokens; '{model.Name}' takes at most {model.ContextLength:N0}");
        }
    }

    private static string FieldOf(ClassifyRequest request) =>
        request.InputCase == ClassifyRequest.InputOneofCase.None ? "input" : request.InputCase.ToString().ToLowerInvariant();

    private static LabelProbability Describe(ClassifierModel model, RankedLabel label) => new()
    {
        Label = model.Labels[label.Index],
        Probability = (float)label.Probability,
        Logit = label.Logit,
    };

    private readonly record struct Judgement(float[] Logits, int Tokens, TimeSpan Preparing, TimeSpan InModel);
}
