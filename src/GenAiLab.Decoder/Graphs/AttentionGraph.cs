using System.Numerics.Tensors;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// The graph that the engine runs, opened once more with an output of each GroupQueryAttention that the engine does not
/// ask for: the softmax of its products of queries and keys. Not thread-safe: one owner.
/// </summary>
internal sealed class AttentionGraph : IDisposable
{
    /// <summary>The most tokens of one text: the output grows with their square.</summary>
    public const int MaximumTokens = 512;

    private const string OutputPrefix = "genailab.attention.";
    private const string Operator = "GroupQueryAttention";
    private const int PresentKeyOutput = 1;
    private const int AttentionOutput = 3;

    // Of the attribute qk_output: 1 is before the softmax.
    private const int AfterSoftmax = 2;

    private readonly InferenceSession _session;
    private readonly ExternalWeights _weights;
    private readonly DecoderConfig _config;
    private readonly EngineGraph _form;
    private readonly KeyValueCache _cache;
    private readonly string[] _outputs;

    private AttentionGraph(InferenceSession session, ExternalWeights weights, PreparedGraph graph, DecoderConfig config, string[] outputs)
    {
        (_session, _weights, _config, _form, _outputs) = (session, weights, config, graph.Form, outputs);
        _cache = new KeyValueCache(graph.Shape, config.ContextLength, slots: 1, new HostCacheMemory());
    }

    /// <summary>Layers that can be read.</summary>
    public int Layers => _outputs.Length;

    /// <summary>Opens the graph of a folder.</summary>
    /// <exception cref="ModelFolderException">The folder is refused, or its graph attends with operators that do not tell.</exception>
    public static AttentionGraph Load(DecoderSource source, DecoderOptions options)
    {
        var prepared = DecoderGraphLoading.Prepare(source);
        var graph = prepared.Model.Graph;
        var nodes = graph.Node.Where(static node => node.OpType == Operator && node.Domain == OnnxGraphBuilder.MicrosoftDomain).ToList();
        if (!prepared.Form.SharesCache || nodes.Count == 0)
        {
            throw new ModelFolderException(prepared.Config.GraphFile, $"its attention is not that of {Operator} alone, which is what can be asked for its weights");
        }

        DecoderGraphLoading.Quantize(prepared.Model, source, WeightFormats.Parse(options.WeightFormat) ?? WeightFormat.Float32);
        string[] outputs = [.. nodes.OrderBy(node => GraphNames.LayerOf(prepared.Config.Names.PresentKey, node.Output[PresentKeyOutput])).Select((node, layer) => Ask(graph, node, layer, prepared.Shape.CacheType))];
        ExternalWeights? weights = null;
        try
        {
            // Where it runs does not change what it looks at, and a device's kernels may not have the output.
            using var sessionOptions = DecoderGraphLoading.SessionOptionsFor(source, options, DecoderOptions.Cpu);
            var config = prepared.Config with { ContextLength = Math.Min(prepared.Config.ContextLength, MaximumTokens) };
            weights = ExternalWeights.Read(graph, other: null, source, sessionOptions);
            return new AttentionGraph(new InferenceSession(prepared.Model.ToByteArray(), sessionOptions), weights, prepared, config, outputs);
        }
        catch (OnnxRuntimeException error)
        {
            weights?.Dispose();
            throw new ModelFolderException(prepared.Config.GraphFile, "ONNX Runtime cannot load it with its attention as outputs", error);
        }
    }

    /// <summary>Runs a text from its beginning.</summary>
    /// <param name="tokens">1 to <see cref="MaximumTokens"/> ids, no more than the window holds.</param>
    /// <param name="layer">In [0, <see cref="Layers"/>).</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>[heads, tokens, tokens]: of each query head, of each token, the weights on all.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public AttentionWeights Read(ReadOnlySpan<int> tokens, int layer, CancellationToken cancellation)
    {
        var count = tokens.Length;
        long[] ids = new long[count];
        TensorPrimitives.ConvertChecked(tokens, ids);
        using var run = new RunOptions();
        using var ending = cancellation.Register(() => run.Terminate = true);
        using var binding = _session.CreateIoBinding();
        List<OrtValue> held = [];
        try
        {
            Bind(_config.Names.InputIds, ids, [1, count]);
            if (_session.InputMetadata.ContainsKey(_config.Names.PositionIds))
            {
                Bind(_config.Names.PositionIds, [.. Enumerable.Range(0, count).Select(static at => (long)at)], [1, count]);
            }

            Bind(EngineGraph.SequenceLengths, new[] { count - 1 }, [1]);
            Bind(EngineGraph.TotalLength, new[] { count }, []);
            if (_form.SelectsRows)
            {
                Bind(EngineGraph.LogitRows, new[] { count - 1L }, [1]);
            }

            foreach (var (place, tensor) in _cache.Tensors.Index())
            {
                held.Add(_cache.View(0, 1, place));
                binding.BindInput(tensor.Past, held[^1]);
                binding.BindOutput(tensor.Present, held[^1]);
            }

            binding.BindOutputToDevice(_outputs[layer], OrtMemoryInfo.DefaultInstance);
            _session.RunWithBinding(run, binding);
            using var values = binding.GetOutputValues();
            return AttentionWeights.Of(values[^1], count);
        }
        finally
        {
            held.ForEach(static value => value.Dispose());
        }

        void Bind<T>(string name, T[] values, long[] shape)
            where T : unmanaged
        {
            held.Add(OrtValue.CreateTensorValueFromMemory(values, shape));
            binding.BindInput(name, held[^1]);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _weights.Dispose();
        _cache.Dispose();
    }

    private static string Ask(GraphProto graph, NodeProto node, int layer, OnnxElementType type)
    {
        var name = $"{OutputPrefix}{layer}";
        while (node.Output.Count <= AttentionOutput)
        {
            node.Output.Add("");
        }

        node.Output[AttentionOutput] = name;
        foreach (var old in node.Attribute.Where(static attribute => attribute.Name == "qk_output").ToList())
        {
            node.Attribute.Remove(old);
        }

        node.Attribute.Add(new AttributeProto { Name = "qk_output", I = AfterSoftmax, Type = AttributeProto.Types.AttributeType.Int });
        graph.Output.Add(OnnxGraphBuilder.Describe(name, type, "batch", "heads", "sequence", "total"));
        return name;
    }
}

/// <summary>The attention of one layer over a text.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="Tokens">Tokens of the text.</param>
/// <param name="Values">[heads, tokens, tokens], row-major.</param>
internal sealed record AttentionWeights(int Heads, int Tokens, float[] Values)
{
    /// <summary>Copies what a run gave.</summary>
    public static AttentionWeights Of(OrtValue value, int tokens)
    {
        var information = value.GetTensorTypeAndShape();
        var values = new float[information.ElementCount];
        if (information.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(System.Runtime.InteropServices.MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>()), values);
        }
        else
        {
            value.GetTensorDataAsSpan<float>().CopyTo(values);
        }

        return new AttentionWeights((int)information.Shape[1], tokens, values);
    }

    /// <summary>Of one head: row after row, the weights of each token on the tokens from the first to itself.</summary>
    public IEnumerable<float> LowerTriangle(int head)
    {
        for (var row = 0; row < Tokens; row++)
        {
            for (var column = 0; column <= row; column++)
            {
                yield return Values[(((head * Tokens) + row) * Tokens) + column];
            }
        }
    }
}
