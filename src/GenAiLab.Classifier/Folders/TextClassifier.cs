using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// A classifier of token sequences: input_ids [batch, sequence] and, where the graph has them, attention_mask and
/// token_type_ids, of 32 or 64 bits. Position ids are the graph's own affair.
/// </summary>
internal sealed class TextClassifier : ClassifierModel
{
    /// <summary>The input that every graph of a text classifier has.</summary>
    public const string InputIds = "input_ids";

    private const string AttentionMask = "attention_mask";
    private const string TokenTypeIds = "token_type_ids";
    private const int MaximumFixedLength = 1 << 16;

    private readonly string[] _names;
    private readonly TensorElementType[] _types;
    private readonly int _batch;
    private readonly int? _fixedLength;
    private readonly int _padding;

    private TextClassifier(string name, ClassifierConfig config, ClassifierGraph graph, string vocabularySha256)
        : base(name, config.Labels, config.Exclusive, graph)
    {
        _names = [.. graph.Inputs.Keys];
        _types = [.. graph.Inputs.Values.Select(static input => input.ElementDataType)];
        var dimensions = graph.Inputs[InputIds].Dimensions;
        _batch = Math.Max(1, dimensions[0]);
        _fixedLength = dimensions[1] == -1 ? null : dimensions[1];
        _padding = config.PadTokenId;
        (AddsSpecialTokens, VocabularySha256) = (config.AddsSpecialTokens, vocabularySha256);
    }

    /// <summary>SHA-256 of the folder's tokenizer.json, lower-case hexadecimal. The vocabulary has the folder's name.</summary>
    public string VocabularySha256 { get; }

    /// <summary>The longest input, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Whether a text gets what the vocabulary's post-processor adds.</summary>
    public bool AddsSpecialTokens { get; }

    /// <summary>Checks the graph's inputs and runs it on the smallest and on a longer input.</summary>
    /// <exception cref="ModelFolderException">It takes something else, or cannot be run.</exception>
    public static TextClassifier Open(string folder, ClassifierConfig config, ClassifierGraph graph)
    {
        CheckInputs(graph);
        var vocabulary = config.VocabularySize ?? throw Missing("vocab_size");
        var positions = config.Positions ?? graph.Inputs[InputIds].Dimensions[1];
        if (positions < 1)
        {
            throw Missing("max_position_embeddings");
        }

        var hash = VocabularyFile.Hash(folder);
        // The length is what is to be found out; any model of this graph can be asked.
        TextClassifier Of(int length) => new(Path.GetFileName(folder), config, graph, hash) { ContextLength = length, VocabularySize = vocabulary };
        var probe = Of(positions);
        graph.Try(cancellation => probe.Run([probe.LastId], cancellation));
        return Of(ContextProbe.Find(
            Math.Min(positions, probe._fixedLength ?? positions),
            config.PadTokenId,
            length => graph.Try(cancellation => probe.Run(probe.Repeat(length), cancellation))));
    }

    /// <summary>The logits of a sequence, one for each label.</summary>
    /// <param name="ids">1 to ContextLength ids, each in [0, VocabularySize).</param>
    /// <param name="cancellation">Ends the run between two operators.</param>
    public float[] Run(long[] ids, CancellationToken cancellation)
    {
        var length = _fixedLength ?? ids.Length;
        var values = new OrtValue[_names.Length];
        try
        {
            for (var input = 0; input < values.Length; input++)
            {
                values[input] = Value(_names[input], _types[input], ids, length);
            }

            return Graph.Run(_names, values, cancellation);
        }
        finally
        {
            foreach (var value in values)
            {
                value?.Dispose();
            }
        }
    }

    // The largest id shows whether the embedding is as large as the configuration says. Padding would not count as a position.
    private int LastId => VocabularySize > 1 && VocabularySize - 1 == _padding ? VocabularySize - 2 : VocabularySize - 1;

    private long[] Repeat(int length)
    {
        var ids = new long[length];
        ids.AsSpan().Fill(LastId);
        return ids;
    }

    // A graph of a fixed shape gets the sequence in its first row, padded, and rows of padding.
    private OrtValue Value(string name, TensorElementType type, long[] ids, int length)
    {
        var values = name == InputIds ? Padded(ids, length) : new long[_batch * length];
        if (name == AttentionMask)
        {
            values.AsSpan(0, ids.Length).Fill(1);
            // Rows of which nothing counts give numbers that are none.
            for (var row = 1; row < _batch; row++)
            {
                values[row * length] = 1;
            }
        }

        long[] shape = [_batch, length];
        return type == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(values, shape)
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, static value => (int)value), shape);
    }

    private long[] Padded(long[] ids, int length)
    {
        if (_batch * length == ids.Length)
        {
            return ids;
        }

        var padded = new long[_batch * length];
        padded.AsSpan().Fill(Math.Min(_padding, VocabularySize - 1));
        ids.CopyTo(padded, 0);
        return padded;
    }

    private static void CheckInputs(ClassifierGraph graph)
    {
        var shape = graph.Inputs[InputIds].Dimensions;
        foreach (var (name, input) in graph.Inputs)
        {
            if (name is not (InputIds or AttentionMask or TokenTypeIds))
            {
                throw graph.Refuse($"its input {Shorten(name)} is not supported; {InputIds}, {AttentionMask} and {TokenTypeIds} are");
            }

            if (input.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || input.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32)
                || input.Dimensions is not [var batch, var length] || (batch != -1 && batch is < 1 or > ClassifierGraph.MaximumBatch)
                || (length != -1 && length is < 1 or > MaximumFixedLength) || batch != shape[0] || length != shape[1])
            {
                throw graph.Refuse($"{name} must be a tensor [batch, sequence] of whole numbers, of the same shape as the others");
            }
        }

        if (shape[1] != -1 && !graph.Inputs.ContainsKey(AttentionMask))
        {
            throw graph.Refuse($"its sequences have a fixed length, but without {AttentionMask} shorter ones cannot be told from padding");
        }
    }

    private static string Shorten(string name) => name.Length <= 64 ? $"'{name}'" : $"'{name[..64]}…'";

    private static ModelFolderException Missing(string name) => new(ClassifierConfig.FileName, $"{name} is missing");
}
