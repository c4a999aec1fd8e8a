using System.Text.Json;

namespace GenAiLab.Models.Folders;

/// <summary>
/// One training of a model and its curves, as training.json of the model's folder has them. Read as hostile: a folder may
/// be anybody's.
/// </summary>
/// <param name="Stage">For example "pre-training".</param>
/// <param name="Start">The model that it began with; empty: not said.</param>
/// <param name="Curves">In the order of their names.</param>
public sealed record RecordedTraining(string Stage, string Start, IReadOnlyList<TrainingCurve> Curves)
{
    /// <summary>The file.</summary>
    public const string FileName = "training.json";

    /// <summary>The most points of a curve.</summary>
    public const int MaximumPoints = 4_096;

    /// <summary>The most curves of a training.</summary>
    public const int MaximumCurves = 32;

    private const int MaximumBytes = 1024 * 1024;
    private const int MaximumText = 256;
    private const int MaximumName = 64;

    /// <summary>Reads the trainings of a folder's model: the stage that made it, then what it practised.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <returns>None where the folder does not say.</returns>
    /// <exception cref="ModelFolderException">The file is too large or not what a training writes.</exception>
    public static IReadOnlyList<RecordedTraining> Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists)
        {
            return [];
        }

        // The length of a pipe is 0, and who opens one may wait for ever.
        if (file.Length is 0 or > MaximumBytes)
        {
            throw Refuse(file.Length == 0 ? "the file is empty; truncated?" : $"larger than {MaximumBytes:N0} bytes");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Refuse("must be an object");
            }

            var made = Of(document.RootElement);
            return document.RootElement.TryGetProperty("practice", out var practice) && practice.ValueKind == JsonValueKind.Array
                ? [made, .. practice.EnumerateArray().Select(Of)]
                : [made];
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(FileName, "not valid JSON; truncated?", error);
        }
        catch (InvalidOperationException error)
        {
            // Half a surrogate pair, escaped.
            throw new ModelFolderException(FileName, "a text in it is not valid Unicode", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    private static RecordedTraining Of(JsonElement run)
    {
        var curves = new SortedDictionary<string, List<TrainingPoint>>(StringComparer.Ordinal);
        if (run.TryGetProperty("curve", out var curve) && curve.ValueKind != JsonValueKind.Null)
        {
            if (curve.ValueKind != JsonValueKind.Array || curve.GetArrayLength() > MaximumPoints)
            {
                throw Refuse($"curve must be a list of at most {MaximumPoints:N0} points");
            }

            var last = -1;
            foreach (var point in curve.EnumerateArray())
            {
                last = Add(curves, point, last);
            }
        }

        return new RecordedTraining(Text(run, "stage"), Text(run, "start"), [.. curves.Select(static pair => new TrainingCurve(pair.Key, pair.Value))]);
    }

    // Pre-training notes its figures beside the step, the later stages below it by name.
    private static int Add(SortedDictionary<string, List<TrainingPoint>> curves, JsonElement point, int last)
    {
        if (point.ValueKind != JsonValueKind.Object || !point.TryGetProperty("Step", out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var step) || step <= last)
        {
            throw Refuse("the points of curve must have a Step each, rising");
        }

        foreach (var figure in (point.TryGetProperty("Values", out var values) && values.ValueKind == JsonValueKind.Object ? values : point).EnumerateObject())
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(figure.Name);
            if (name == "step" || figure.Value.ValueKind != JsonValueKind.Number)
            {
                continue;
            }

            if (name.Length is 0 or > MaximumName || !name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '_'))
            {
                throw Refuse($"the names of figures must be 1 to {MaximumName} letters, digits and underscores");
            }

            if (!figure.Value.TryGetDouble(out var number) || !double.IsFinite(number))
            {
                throw Refuse($"{name} at step {step} is no finite number");
            }

            if (!curves.TryGetValue(name, out var points))
            {
                points = curves.Count < MaximumCurves ? curves[name] = [] : throw Refuse($"a training must have at most {MaximumCurves} figures");
            }

            if (points.Count > 0 && points[^1].Step == step)
            {
                throw Refuse($"{name} is there twice at step {step}");
            }

            points.Add(new TrainingPoint(step, number));
        }

        return step;
    }

    private static string Text(JsonElement run, string name)
    {
        var text = run.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length <= MaximumText ? text : throw Refuse($"{name} must have at most {MaximumText} characters");
    }

    private static ModelFolderException Refuse(string reason) => new(FileName, reason);
}

/// <summary>One figure over the course of a training.</summary>
/// <param name="Name">What was measured: small letters, digits and underscores.</param>
/// <param name="Points">Their steps rise.</param>
public sealed record TrainingCurve(string Name, IReadOnlyList<TrainingPoint> Points);

/// <summary>A figure at a step.</summary>
/// <param name="Step">Steps that had been taken, at least 0.</param>
/// <param name="Value">Finite.</param>
public readonly record struct TrainingPoint(int Step, double Value);
