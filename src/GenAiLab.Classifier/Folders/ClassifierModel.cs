using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// A loaded classifier: ids [1, sequence] in, logits [1, labels] out. Thread-safe; calls share one session.
/// </summary>
internal sealed class ClassifierModel : IDisposable
{
    /// <summary>The graph's file in a model folder.</summary>
    public const string GraphFile = "model.onnx";

    private const string InputIds = "input_ids";
    private const string AttentionMask = "attention_mask";
    private const string Logits = "logits";
    private const int WarmUpLength = 64;

    private readonly InferenceSession _session;

    private ClassifierModel(InferenceSession session, string name, ClassifierConfig config, string vocabularySha256)
    {
        _session = session;
        Name = name;
        Config = config;
        VocabularySha256 = vocabularySha256;
    }

    /// <summary>The folder's name, which is its vocabulary's too.</summary>
    public string Name { get; }

    /// <summary>Labels and limits.</summary>
    public ClassifierConfig Config { get; }

    /// <summary>SHA-256 of the folder's tokenizer.json, lower-case hexadecimal.</summary>
    public string VocabularySha256 { get; }

    /// <summary>Loads the graph, checks its inputs and outputs and runs it on the smallest and a longer input.</summary>
    /// <exception cref="ModelFolderException">The graph is missing, refused by ONNX Runtime or no classifier of these labels.</exception>
    public static ClassifierModel Open(string folder, ClassifierConfig config, string vocabularySha256, int threads)
    {
        ExternalDataCheck.Check(folder, GraphFile);
        InferenceSession? session = null;
        try
        {
            using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            session = new InferenceSession(Path.Combine(folder, GraphFile), options);
            CheckSignature(session, config);
            var model = new ClassifierModel(session, Path.GetFileName(folder), config, vocabularySha256);
            model.WarmUp();
            session = null;
            return model;
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFolderException(GraphFile, "ONNX Runtime cannot load or run it", error);
        }
        finally
        {
            session?.Dispose();
        }
    }

    /// <summary>The logits of a sequence, one for each label.</summary>
    /// <param name="ids">1 to ContextLength ids, each in [0, VocabularySize).</param>
    /// <param name="cancellation">Ends the run between two operators.</param>
    public float[] Run(long[] ids, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var mask = new long[ids.Length];
        mask.AsSpan().Fill(1);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, [1, ids.Length]);
        using var run = new RunOptions();
        using var registration = cancellation.Register(static state => ((RunOptions)state!).Terminate = true, run);
        try
        {
            using var outputs = _session.Run(run, [InputIds, AttentionMask], [idValue, maskValue], [Logits]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    public void Dispose() => _session.Dispose();

    // The largest id shows whether the embedding is as large as the configuration says.
    private void WarmUp()
    {
        foreach (var length in new[] { 1, Math.Min(WarmUpLength, Config.ContextLength) })
        {
            var ids = new long[length];
            ids[^1] = Config.VocabularySize - 1;
            var logits = Run(ids, CancellationToken.None);
            if (logits.Length != Config.Labels.Count)
            {
                throw Refuse($"it gives {logits.Length} logits for {Config.Labels.Count} labels");
            }

            if (!Array.TrueForAll(logits, float.IsFinite))
            {
                throw Refuse("its logits are not finite numbers");
            }
        }
    }

    private static void CheckSignature(InferenceSession session, ClassifierConfig config)
    {
        if (session.InputMetadata.Count != 2)
        {
            throw Refuse($"it must have two inputs, {InputIds} and {AttentionMask}");
        }

        CheckTensor(session.InputMetadata, InputIds, TensorElementType.Int64, -1);
        CheckTensor(session.InputMetadata, AttentionMask, TensorElementType.Int64, -1);
        CheckTensor(session.OutputMetadata, Logits, TensorElementType.Float, config.Labels.Count);
    }

    private static void CheckTensor(IReadOnlyDictionary<string, NodeMetadata> all, string name, TensorElementType type, int width)
    {
        if (!all.TryGetValue(name, out var tensor) || tensor.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR
            || tensor.ElementDataType != type || tensor.Dimensions is not [var first, var second]
            || first is not (-1 or 1) || (second != -1 && second != width))
        {
            var columns = width < 0 ? "sequence" : $"{width}";
            throw Refuse($"{name} must be a tensor [batch, {columns}] of {type}");
        }
    }

    private static ModelFolderException Refuse(string reason) => new(GraphFile, reason);
}
