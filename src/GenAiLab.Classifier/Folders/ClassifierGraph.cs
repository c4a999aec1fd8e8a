using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// The graph of a classifier in ONNX Runtime: logits [batch, labels], in single or half precision, of whatever it takes.
/// Thread-safe; calls share one session.
/// </summary>
internal sealed class ClassifierGraph : IDisposable
{
    /// <summary>The largest batch that a graph may be fixed to.</summary>
    public const int MaximumBatch = 64;

    private const string Logits = "logits";
    private static readonly TimeSpan TrialPatience = TimeSpan.FromMinutes(2);

    private readonly InferenceSession _session;
    private readonly string _file;
    private readonly int _labels;
    private readonly string _output;

    private ClassifierGraph(InferenceSession session, string file, int labels)
    {
        (_session, _file, _labels) = (session, file, labels);
        _output = session.OutputMetadata.ContainsKey(Logits) || session.OutputMetadata.Count != 1 ? Logits : session.OutputMetadata.Keys.Single();
        CheckOutput();
    }

    /// <summary>What the graph takes, by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <summary>Loads a folder's graph, beside config.json or in onnx/, and checks its output.</summary>
    /// <exception cref="ModelFolderException">The graph is missing, refused by ONNX Runtime or no classifier of so many labels.</exception>
    public static ClassifierGraph Open(string folder, int labels, int threads)
    {
        var file = HuggingFaceConfig.FindGraph(folder);
        var path = Path.Combine(folder, file);
        var whole = Read(path, file);
        InferenceSession? session = null;
        try
        {
            using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            session = whole is null ? new InferenceSession(path, options) : new InferenceSession(whole, options);
            var graph = new ClassifierGraph(session, file, labels);
            session = null;
            return graph;
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFolderException(file, "ONNX Runtime cannot load it", error);
        }
        finally
        {
            session?.Dispose();
        }
    }

    // Checked: ONNX Runtime would take memory for what the graph says before it finds out that there is nothing of it. With the
    // weights that lie in files beside it; null: they stay there, and ONNX Runtime maps them.
    private static byte[]? Read(string path, string file)
    {
        var folder = Path.GetDirectoryName(path)!;
        var bytes = ExternalDataCheck.Check(folder, Path.GetFileName(path));
        try
        {
            // At once: out of a stream, weights come in pieces of 4 KiB.
            var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            var graph = model.Graph ?? throw new ModelFolderException(file, "it holds no graph");
            new WeightCheck(folder, file, bytes).Check(graph);
            OperatorCheck.Check(graph, file);
            return ExternalData.TryEmbed(graph, folder, bytes) ? model.ToByteArray() : null;
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(file, "not a whole ONNX file; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    /// <summary>The logits of the batch's first row, one for each label.</summary>
    /// <param name="names">Every input's.</param>
    /// <param name="values">In the same order.</param>
    /// <param name="cancellation">Ends the run between two operators.</param>
    /// <exception cref="OnnxRuntimeException">It cannot be run on these.</exception>
    public float[] Run(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var run = new RunOptions();
        using var registration = cancellation.Register(static state => ((RunOptions)state!).Terminate = true, run);
        try
        {
            using var outputs = _session.Run(run, names, values, [_output]);
            return Read(outputs[0]);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Runs it on made-up input, for what only a run can show.</summary>
    /// <exception cref="ModelFolderException">It cannot be run, takes minutes, or gives no logits of its labels.</exception>
    public void Try(Func<CancellationToken, float[]> run)
    {
        using var patience = new CancellationTokenSource(TrialPatience);
        try
        {
            if (!Array.TrueForAll(run(patience.Token), float.IsFinite))
            {
                throw Refuse("its logits are not finite numbers");
            }
        }
        catch (OperationCanceledException error)
        {
            throw new ModelFolderException(_file, $"it did not end within {TrialPatience.TotalSeconds:N0} seconds when it was run for the first time", error);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFolderException(_file, "ONNX Runtime cannot run it", error);
        }
    }

    /// <summary>Refuses the graph.</summary>
    public ModelFolderException Refuse(string reason) => new(_file, reason);

    public void Dispose() => _session.Dispose();

    private float[] Read(OrtValue output)
    {
        var shape = output.GetTensorTypeAndShape();
        if (shape.Shape is not [>= 1, var labels] || labels != _labels)
        {
            throw Refuse($"it gives logits [{string.Join(", ", shape.Shape)}] for {_labels} labels");
        }

        if (shape.ElementDataType == TensorElementType.Float)
        {
            return output.GetTensorDataAsSpan<float>()[.._labels].ToArray();
        }

        var halves = output.GetTensorDataAsSpan<Float16>()[.._labels];
        var logits = new float[_labels];
        for (var label = 0; label < logits.Length; label++)
        {
            logits[label] = (float)halves[label];
        }

        return logits;
    }

    private void CheckOutput()
    {
        if (!_session.OutputMetadata.TryGetValue(_output, out var output) || output.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR
            || output.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16)
            || output.Dimensions is not [var batch, var labels] || (batch != -1 && batch is < 1 or > MaximumBatch) || (labels != -1 && labels != _labels))
        {
            throw Refuse($"{Logits} must be a tensor [batch, {_labels}] of floats: it is no classifier, or not of the {_labels} labels in {ClassifierConfig.FileName}");
        }
    }
}
