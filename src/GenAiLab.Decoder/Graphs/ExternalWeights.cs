using System.Globalization;
using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Weights that lie in files beside their graph, read into memory for a session on the processor; to be kept until that is
/// disposed. ONNX Runtime by itself maps the files for as long as the model serves: who writes over one then changes what the
/// model answers, and who shortens one ends the process (SIGBUS).
/// </summary>
/// <remarks>Left to ONNX Runtime: what graphs within the graph hold, tensors of 2 GiB and more, and of types that no decoder's weights have.</remarks>
internal sealed unsafe class ExternalWeights : IDisposable
{
    private const int External = 1;
    private const int Alignment = 64;
    private const int WorthSharing = 1 << 12;

    // ONNX Runtime takes no weights in memory of its own.
    private readonly List<(nint Buffer, OrtValue Value)> _values = [];

    private ExternalWeights()
    {
    }

    /// <summary>Reads them, and names them to the sessions that are to be made.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="other">The same graph with other weights in part, whose session shares the rest; null: there is one session.</param>
    /// <param name="source">Where the files lie.</param>
    /// <param name="session">Of both.</param>
    /// <exception cref="ModelFolderException">A file is gone, or shorter than it was when the folder was checked.</exception>
    public static ExternalWeights Read(GraphProto graph, GraphProto? other, DecoderSource source, SessionOptions session)
    {
        var weights = new ExternalWeights();
        var shared = graph.Initializer.Where(static tensor => tensor.RawData.Length >= WorthSharing).Select(static tensor => tensor.Name)
            .Intersect(other?.Initializer.Select(static tensor => tensor.Name) ?? []).ToHashSet(StringComparer.Ordinal);
        try
        {
            var inputs = graph.Input.Select(static input => input.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var tensor in graph.Initializer.UnionBy(other?.Initializer ?? [], static tensor => tensor.Name).Where(tensor => !inputs.Contains(tensor.Name)))
            {
                if (tensor.DataLocation == External)
                {
                    weights.Read(tensor, source, session);
                }
                else if (shared.Contains(tensor.Name))
                {
                    tensor.RawData.Span.CopyTo(weights.Allocate(tensor, tensor.RawData.Length, out var value));
                    session.AddInitializer(tensor.Name, value);
                }
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var (buffer, value) in _values)
        {
            value.Dispose();
            NativeMemory.AlignedFree((void*)buffer);
        }

        _values.Clear();
    }

    private void Read(TensorProto tensor, DecoderSource source, SessionOptions session)
    {
        var bytes = tensor.Dims.Aggregate((Int128)Width(tensor.DataType), static (product, extent) => product > Array.MaxLength || extent < 0 ? Int128.MaxValue / 2 : product * extent);
        if (bytes <= 0 || bytes > Array.MaxLength)
        {
            return;
        }

        // Checked with the folder: they lie in it.
        var file = Entry(tensor, "location") ?? "";
        try
        {
            using var handle = File.OpenHandle(Path.Combine(source.GraphFolder, file));
            var offset = long.Parse(Entry(tensor, "offset") ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);
            if (RandomAccess.GetLength(handle) - offset < bytes)
            {
                throw Shortened(file);
            }

            var rest = Allocate(tensor, (int)bytes, out var value);
            while (rest.Length > 0)
            {
                var count = RandomAccess.Read(handle, rest, offset);
                rest = count > 0 ? rest[count..] : throw Shortened(file);
                offset += count;
            }

            session.AddInitializer(tensor.Name, value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    private Span<byte> Allocate(TensorProto tensor, int bytes, out OrtValue value)
    {
        var buffer = (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        try
        {
            value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, (TensorElementType)tensor.DataType, [.. tensor.Dims], buffer, bytes);
        }
        catch
        {
            NativeMemory.AlignedFree((void*)buffer);
            throw;
        }

        _values.Add((buffer, value));
        return new Span<byte>((void*)buffer, bytes);
    }

    // Bytes of an element; 0: left to ONNX Runtime.
    private static int Width(int type) => (OnnxElementType)type switch
    {
        OnnxElementType.UInt8 or OnnxElementType.Bool => 1,
        OnnxElementType.Float16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 => 4,
        OnnxElementType.Int64 => 8,
        _ => 0,
    };

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static ModelFolderException Shortened(string file) => new(file, "shorter than the graph says; truncated?");
}
