using System.IO.Compression;
using System.Text;
using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Coding;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.World;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>The model as a compressed picture of the text that it was trained on.</summary>
internal sealed class SnapshotExperiment : IExperiment
{
    private const string Model = "lab-base";
    private const int BrotliQuality = 11;
    private const int BrotliWindow = 24;
    private const int PrimingCharacters = 1_000_000;

    // Two bits end a code, up to seven fill its last byte, and rounding the shares costs the rest.
    private const double MostOverhead = 12;

    public string Name => "snapshot";

    public string LessonSays => "A trained model is a snapshot of its training text: it holds the text's regularities, not the text.";

    public string Does =>
        "Counts the bits that text nobody trained on costs when the model's probabilities drive an arithmetic coder (each document alone, its end included), "
        + "against brotli at quality 11 on the same documents together; encodes and decodes a sample with a real coder.";

    public IReadOnlyList<string> Criteria =>
    [
        "fewer bits a byte than brotli needs",
        "the arithmetic decoder gives every sampled document back: share 1",
        $"its code is 0 to {MostOverhead} bits longer than the ideal",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var decoder = await context.Lab.DescribeAsync(Model, cancellation);
        var documents = await HeldOutText.TakeAsync(context, Model, context.Quick ? 150 : 2_000, cancellation);
        var costs = await Concurrently.SelectAsync(documents, (document, cancelled) => CostAsync(context.Lab, decoder, document, cancelled), cancellation);
        var brotli = BrotliBitsPerByte(documents);
        var model = Bootstrap.Percentiles(costs, static drawn => drawn.Sum(static cost => cost.Bits) / drawn.Sum(static cost => cost.Bytes), context.Seed);

        var sample = documents[..Math.Min(context.Quick ? 4 : 20, documents.Length)];
        context.Progress?.Report($"coding {sample.Length} documents");
        var (coded, restored) = await CodeAsync(context.Lab, decoder, sample, cancellation);
        List<Measurement> measurements =
        [
            model.Measures("bits a byte of held-out text under the model", Criterion.NotAbove(brotli)),
            Measurement.Exact($"bits a byte of the same {documents.Length} documents by brotli {BrotliQuality}, window {BrotliWindow}", brotli, documents.Length, Criterion.Reported),
            Measurement.Exact("share of sampled documents that the arithmetic decoder gave back", (double)restored / sample.Length, sample.Length, Criterion.NotBelow(1)),
            Measurement.Exact(
                "bits of the coder's output over the ideal length, a sampled document", ((coded * 8) - costs[..sample.Length].Sum(static cost => cost.Bits)) / sample.Length,
                sample.Length, Criterion.Within(0, MostOverhead)),
        ];
        if (!context.Quick)
        {
            context.Progress?.Report("brotli after training text");
            measurements.Add(Measurement.Exact(
                "the same by brotli after a million characters of training text, whose cost is not counted", PrimedBrotliBitsPerByte(documents), documents.Length, Criterion.Reported));
        }

        context.Plots.Add(new ExperimentPlot(
            "Bits that a byte of held-out text costs", "coder", "bits a byte", [new PlotSeries("bits a byte", PlotForm.Bars, [PlotPoint.Of(0, model), new(1, brotli, N: documents.Length)])])
        {
            Categories = [$"arithmetic code driven by {Model}", $"brotli {BrotliQuality}"],
        });
        if (context.ModelsRoot is { } root && new FileInfo(Path.Combine(root, Model, "model.onnx")) is { Exists: true } weights)
        {
            measurements.Add(Measurement.Exact("bytes of the model itself, not counted above", weights.Length, 1, Criterion.Reported));
            measurements.Add(Measurement.Exact("megabytes of such text after which the model has paid for itself", weights.Length * 8 / (brotli - model.Value) / 1e6, 1, Criterion.Reported));
        }

        return measurements;
    }

    private static async Task<(double Bits, int Bytes)> CostAsync(IExperimentLab lab, DecoderDescription decoder, HeldOutDocument document, CancellationToken cancellation)
    {
        // The end must be told too: without it nobody could decode.
        var scores = await lab.ScoreAsync(Model, document.Ids.Append(decoder.EndOfSequenceIds[0]), 0, cancellation);
        return (-scores.Sum(static score => (double)score.RawLogProbability) / Math.Log(2), Encoding.UTF8.GetByteCount(document.Text) + 1);
    }

    // A line end takes the place of the document's end.
    private static double BrotliBitsPerByte(HeldOutDocument[] documents)
    {
        var bytes = Bytes(documents.Select(static document => document.Text));
        return Compressed(bytes) * 8.0 / bytes.Length;
    }

    // What the documents add to text of the kind that the model has seen much more of.
    private static double PrimedBrotliBitsPerByte(HeldOutDocument[] documents)
    {
        var length = 0;
        var seen = Bytes(new LabWorld(HeldOutText.WorldSeed).TrainingDocuments().TakeWhile(text => (length += text.Length) < PrimingCharacters));
        var bytes = Bytes(documents.Select(static document => document.Text));
        return (Compressed([.. seen, .. bytes]) - Compressed(seen)) * 8.0 / bytes.Length;
    }

    private static byte[] Bytes(IEnumerable<string> documents) => Encoding.UTF8.GetBytes(string.Concat(documents.Select(static document => document + "\n")));

    private static int Compressed(byte[] bytes)
    {
        var compressed = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        return BrotliEncoder.TryCompress(bytes, compressed, out var written, BrotliQuality, BrotliWindow)
            ? written
            : throw new ExperimentException("brotli could not compress the documents");
    }

    private static async Task<(long Bytes, int Restored)> CodeAsync(
        IExperimentLab lab, DecoderDescription decoder, HeldOutDocument[] sample, CancellationToken cancellation)
    {
        var code = new ModelCode(lab, decoder);
        var (bytes, restored) = (0L, 0);
        foreach (var document in sample)
        {
            var coded = await code.EncodeAsync(document.Ids, cancellation);
            var tokens = await code.DecodeAsync(document.Ids[0], coded, cancellation);
            bytes += coded.Length;
            restored += tokens.SequenceEqual(document.Ids.Skip(1)) ? 1 : 0;
        }

        return (bytes, restored);
    }
}
