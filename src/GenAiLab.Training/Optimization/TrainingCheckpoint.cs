using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Optimization;

/// <summary>All that an interrupted run needs to go on to the same bits: step, weights, moments, curves.</summary>
/// <typeparam name="TOptions">The stage's options, a record of plain values.</typeparam>
/// <param name="Options">The options of the run; others are another run.</param>
/// <param name="Data">Fingerprint of the data and the initial weights; another is another run.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Seconds">Time spent so far.</param>
/// <param name="Sums">Sums of the steps' figures since the last point of the curves.</param>
/// <param name="Curve">The curves so far.</param>
internal sealed record TrainingCheckpoint<TOptions>(
    TOptions Options, string Data, int Step, double Seconds, IReadOnlyDictionary<string, double> Sums, IReadOnlyList<CurvePoint> Curve)
    where TOptions : IEquatable<TOptions>
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Parameters, first and second moments; not part of the header.</summary>
    [JsonIgnore]
    public IReadOnlyList<float[]> State { get; init; } = [];

    /// <summary>Writes the checkpoint: a line of JSON, then the three vectors.</summary>
    public void Save(string folder) => AtomicFile.Write(Path.Combine(folder, TrainingCheckpoint.FileName), stream =>
    {
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, Json));
        stream.WriteByte((byte)'\n');
        foreach (var vector in State)
        {
            stream.Write(MemoryMarshal.AsBytes<float>(vector));
        }
    });

    /// <summary>Reads the checkpoint of a run with these options and data; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">There is one of another run, or it is damaged.</exception>
    public static TrainingCheckpoint<TOptions>? Load(string folder, TOptions options, string data, int parameters)
    {
        var path = Path.Combine(folder, TrainingCheckpoint.FileName);
        AtomicFile.RemoveUnfinished(path);
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var end = Array.IndexOf(bytes, (byte)'\n');
        TrainingCheckpoint<TOptions>? header;
        try
        {
            header = end < 0 ? null : JsonSerializer.Deserialize<TrainingCheckpoint<TOptions>>(bytes.AsSpan(0, end), Json);
        }
        catch (JsonException)
        {
            header = null;
        }

        if (header is not { Options: not null, Sums: not null, Curve: not null } || bytes.Length - end - 1 != 3L * parameters * sizeof(float))
        {
            throw new InvalidOperationException("the checkpoint is damaged or of another model; start anew with --fresh");
        }

        if (!header.Options.Equals(options))
        {
            throw new InvalidOperationException("the checkpoint is of a run with other options; start anew with --fresh");
        }

        if (header.Data != data)
        {
            throw new InvalidOperationException("the checkpoint is of a run with other data or of another model; start anew with --fresh");
        }

        var floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(end + 1));
        return header with
        {
            State = [floats[..parameters].ToArray(), floats.Slice(parameters, parameters).ToArray(), floats[(2 * parameters)..].ToArray()],
        };
    }
}

/// <summary>The file that a run keeps until it is finished.</summary>
public static class TrainingCheckpoint
{
    internal const string FileName = "checkpoint.bin";

    /// <summary>Forgets an unfinished run; its folder goes too when nothing else is in it.</summary>
    public static void Delete(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        File.Delete(Path.Combine(folder, FileName));
        AtomicFile.RemoveUnfinished(Path.Combine(folder, FileName));
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
