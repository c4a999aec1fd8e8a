using System.Runtime.InteropServices;
using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Base;

/// <summary>All that an interrupted run needs to go on to the same bits: step, weights, moments, curve.</summary>
/// <param name="Options">The options of the run; others are another run.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Seconds">Time spent so far.</param>
/// <param name="LossSum">Sum of the losses since the last point of the curve.</param>
/// <param name="Curve">The curve so far.</param>
internal sealed record TrainingCheckpoint(BaseTrainingOptions Options, int Step, double Seconds, double LossSum, IReadOnlyList<LossPoint> Curve)
{
    private const string FileName = "checkpoint.bin";

    /// <summary>Parameters, first and second moments; not part of the header.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<float[]> State { get; init; } = [];

    /// <summary>Writes the checkpoint: a line of JSON, then the three vectors.</summary>
    public void Save(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(this));
        stream.WriteByte((byte)'\n');
        foreach (var vector in State)
        {
            stream.Write(MemoryMarshal.AsBytes<float>(vector));
        }
    });

    /// <summary>Reads the checkpoint of a run with these options; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">There is one of another run, or it is damaged.</exception>
    public static TrainingCheckpoint? Load(string folder, BaseTrainingOptions options, int parameters)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var end = Array.IndexOf(bytes, (byte)'\n');
        TrainingCheckpoint? header;
        try
        {
            header = end < 0 ? null : JsonSerializer.Deserialize<TrainingCheckpoint>(bytes.AsSpan(0, end));
        }
        catch (JsonException)
        {
            header = null;
        }

        if (header is null || bytes.Length - end - 1 != 3L * parameters * sizeof(float))
        {
            throw new InvalidOperationException("the checkpoint is damaged or of another model; start anew with --fresh");
        }

        if (header.Options != options)
        {
            throw new InvalidOperationException("the checkpoint is of a run with other options; start anew with --fresh");
        }

        var floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(end + 1));
        return header with
        {
            State = [floats[..parameters].ToArray(), floats.Slice(parameters, parameters).ToArray(), floats[(2 * parameters)..].ToArray()],
        };
    }

    /// <summary>Forgets the run.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));
}
