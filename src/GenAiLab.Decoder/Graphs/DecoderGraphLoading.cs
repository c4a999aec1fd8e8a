using System.Globalization;
using System.Security.Cryptography;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace GenAiLab.Decoder.Graphs;

/// <summary>From a folder to a graph that has run once.</summary>
internal static class DecoderGraphLoading
{
    // ONNX Runtime reads external weights relative to this folder when the graph itself comes from memory.
    private const string ExternalFolder = "session.model_external_initializers_file_folder_path";

    private static readonly TimeSpan FirstRunsLimit = TimeSpan.FromMinutes(1);

    // What computes with activations of 8 bits.
    private static readonly string[] QuantizingOperators =
        ["MatMulNBits", "DynamicQuantizeMatMul", "DynamicQuantizeLinear", "MatMulInteger", "MatMulIntegerToFloat", "QLinearMatMul", "QuantizeLinear"];

    /// <summary>Checks a folder, loads it and runs it.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">Slots, memory, threads and weights.</param>
    /// <param name="budget">Bytes that the KV cache may take.</param>
    /// <exception cref="ModelFolderException">The folder is refused.</exception>
    public static DecoderGraph Load(string folder, DecoderOptions options, long budget) => Load(DecoderSource.Open(folder, options), options, budget);

    /// <summary>Loads a folder that was checked, and runs it.</summary>
    /// <inheritdoc cref="Load(string, DecoderOptions, long)"/>
    public static DecoderGraph Load(DecoderSource source, DecoderOptions options, long budget)
    {
        var config = source.Config;
        ExternalWeights? weights = null;
        InferenceSession? session = null, prompts = null;
        DecoderGraph? graph = null;
        try
        {
            var prepared = Prepare(source);
            (config, var shape, var form) = (prepared.Config, prepared.Shape, prepared.Form);
            var onnx = prepared.Model.Graph;
            if (form.SharesCache && (options.CacheFormat == DecoderOptions.Half || options.ExecutionProvider == DecoderOptions.Cuda))
            {
                shape = HalfPrecisionAttention.Apply(onnx, shape);
            }
            else if (form.SharesCache && options.CacheFormat == DecoderOptions.Byte && shape.CacheType == OnnxElementType.Float)
            {
                shape = ByteAttention.Apply(onnx, shape, CacheScales.Measure(source, options, budget));
            }

            var slots = SlotsWithin(config, shape, form, options, budget);
            var format = WeightFormats.Parse(options.WeightFormat) ?? WeightFormat.Float32;
            var products = WeightQuantization.Products(onnx);
            var promptFormat = form.SharesCache && options.ExecutionProvider == DecoderOptions.Cpu ? WeightFormats.Parse(options.PromptFormat) ?? format : format;
            var promptModel = promptFormat == format ? null : prepared.Model.Clone();
            Quantize(prepared.Model, source, format);
            using var sessionOptions = SessionOptionsFor(source, options, options.ExecutionProvider);
            if (promptModel is not null)
            {
                Quantize(promptModel, source, promptFormat);
            }

            weights = options.ExecutionProvider == DecoderOptions.Cpu ? ExternalWeights.Read(onnx, promptModel?.Graph, source, sessionOptions) : null;
            var captures = form.SharesCache && options.CapturesSteps && options.ExecutionProvider == DecoderOptions.Cuda;
            session = captures ? TryCapturing(prepared.Model, source, options) : null;
            captures = session is not null;
            session ??= new InferenceSession(prepared.Model.ToByteArray(), sessionOptions);
            prompts = promptModel is null ? null : new InferenceSession(promptModel.ToByteArray(), sessionOptions);
            GraphSignature.Check(session, config, shape, form);
            var held = format == WeightFormat.Float32 ? HeldIn(onnx) : format.Name();
            graph = form.SharesCache
                ? new SharedDecoderGraph(session, config, shape, form, options, slots, captures, prompts) { WeightFormat = held, PromptFormat = prompts is null ? held : promptFormat.Name(), QuantizableProducts = products, Weights = weights, Sha256 = prepared.Sha256 }
                : new CopyingDecoderGraph(session, config, shape, form, options, slots) { WeightFormat = held, PromptFormat = held, QuantizableProducts = products, Weights = weights, Sha256 = prepared.Sha256 };
            WarmUp(graph);
            var quantizes = shape.CacheType == OnnxElementType.Int8 || Nodes(onnx).Concat(promptModel is null ? [] : Nodes(promptModel.Graph)).Any(static node => QuantizingOperators.Contains(node.OpType));
            if (!form.SharesCache || !quantizes)
            {
                CacheProof.Check(graph, quantizes);
            }

            return graph;
        }
        catch (OnnxRuntimeException error)
        {
            Release();
            throw new ModelFolderException(config.GraphFile, graph is null ? "ONNX Runtime cannot load it" : "it failed when it was run for the first time", error);
        }
        catch
        {
            Release();
            throw;
        }

        void Release()
        {
            if (graph is not null)
            {
                graph.Dispose();
            }
            else
            {
                prompts?.Dispose();
                session?.Dispose();
                weights?.Dispose();
            }
        }
    }

    // ONNX Runtime refuses to capture a graph of which a node runs on the processor.
    private static InferenceSession? TryCapturing(ModelProto model, DecoderSource source, DecoderOptions options)
    {
        using var sessionOptions = SessionOptionsFor(source, options, options.ExecutionProvider, captures: true);
        try
        {
            return new InferenceSession(model.ToByteArray(), sessionOptions);
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    /// <summary>Reads the graph of a folder that was checked, checks it, and gives it the form that the engine runs.</summary>
    /// <exception cref="ModelFolderException">The folder is refused.</exception>
    internal static PreparedGraph Prepare(DecoderSource source)
    {
        var config = source.Config;
        var (model, sha256) = Read(source);
        var onnx = model.Graph ?? throw new ModelFolderException(config.GraphFile, "it holds no graph");
        var shape = GraphShape.Read(onnx, config);
        if (EngineGraph.WindowOfOneTable(onnx, config.Names) is { } window && window < config.ContextLength)
        {
            config = config with { ContextLength = window };
        }

        new WeightCheck(source.GraphFolder, config.GraphFile, source.WeightBytes).Check(onnx);
        OperatorCheck.Check(onnx, config.GraphFile);
        KernelGuard.Check(onnx, config);
        return new PreparedGraph(model, sha256, config, shape, EngineGraph.Rewrite(onnx, config, shape));
    }

    /// <summary>Holds a graph's weights in a format.</summary>
    internal static void Quantize(ModelProto model, DecoderSource source, WeightFormat format)
    {
        WeightQuantization.Apply(model, source.GraphFolder, format);
        WeightQuantization.Untie(model, source.GraphFolder);
    }

    // A graph may do what it likes, and take as long.
    private static void WarmUp(DecoderGraph graph)
    {
        var late = false;
        using var limit = new Timer(
            _ =>
            {
                late = true;
                graph.Terminate();
            },
            null, FirstRunsLimit, Timeout.InfiniteTimeSpan);
        try
        {
            graph.WarmUp();
        }
        catch (Exception error) when (late && error is OnnxRuntimeException or ModelFolderException)
        {
            throw new ModelFolderException(graph.Config.GraphFile, $"its first runs took over {FirstRunsLimit.TotalSeconds:0} s", error);
        }
    }

    /// <summary>As many slots as are configured, or fewer where the memory ends before.</summary>
    /// <exception cref="ModelFolderException">Not even one fits.</exception>
    public static int SlotsWithin(DecoderConfig config, GraphShape shape, EngineGraph form, DecoderOptions options, long budget)
    {
        var slot = (Int128)shape.TokenBytes * config.ContextLength;
        var memory = Int128.Min(budget, options.MaximumCacheBytes);
        // A cache that is not shared needs room for what a run writes.
        var slots = (int)Int128.Min(options.Slots, (memory / slot) - (form.SharesCache ? 0 : 1));
        return slots >= 1
            ? slots
            : throw new ModelFolderException(
                config.ConfigFile,
                $"one slot of KV cache for {config.ContextLength:N0} tokens takes {slot:N0} bytes{(form.SharesCache ? "" : ", twice,")} and {memory:N0} are left; raise Decoder:MaximumCacheBytes or Decoder:MemoryBudgetBytes, or lower Decoder:MaximumContext");
    }

    // A folder that was quantised before says so by its operators.
    private static string HeldIn(GraphProto graph)
    {
        foreach (var node in Nodes(graph))
        {
            if (node.OpType == "DynamicQuantizeMatMul")
            {
                return WeightFormat.Int8Dynamic.Name();
            }

            if (node.OpType == "MatMulNBits")
            {
                var (bits, block) = (Number(node, "bits"), Number(node, "block_size"));
                return Enum.GetValues<WeightFormat>().Where(format => format.Blocks() == (bits, block)).Select(static format => format.Name()).FirstOrDefault($"int{bits}, block {block}");
            }
        }

        if (Nodes(graph).Any(static node => node.OpType is "MatMulInteger" or "MatMulIntegerToFloat"))
        {
            return WeightFormat.Int8Dynamic.Name();
        }

        var matrices = graph.Initializer.Where(static tensor => tensor.Dims.Count == 2).ToLookup(static tensor => tensor.DataType);
        return matrices[(int)OnnxElementType.Float16].Count() > matrices[(int)OnnxElementType.Float].Count() ? "fp16" : WeightFormat.Float32.Name();

        static int Number(NodeProto node, string name) => (int)(node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? 0);
    }

    // Those of graphs within the graph too.
    private static IEnumerable<NodeProto> Nodes(GraphProto graph) => graph.Node.SelectMany(static node => node.Attribute.Count == 0
        ? [node]
        : node.Attribute.SelectMany(static attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G)).SelectMany(Nodes).Prepend(node));

    // With the hash of the very bytes that were read.
    private static (ModelProto Model, string Sha256) Read(DecoderSource source)
    {
        try
        {
            // At once: out of a stream, weights come in pieces of 4 KiB.
            var file = File.ReadAllBytes(Path.Combine(source.Folder, source.Config.GraphFile));
            return (ModelProto.Parser.ParseFrom(file), Convert.ToHexStringLower(SHA256.HashData(file)));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(source.Config.GraphFile, "not a whole ONNX file; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder may go, or be replaced, between being looked at and being read.
            throw new ModelFolderException(source.Config.GraphFile, "cannot be read", error);
        }
    }

    /// <summary>How ONNX Runtime is to run a graph.</summary>
    internal static SessionOptions SessionOptionsFor(DecoderSource source, DecoderOptions options, string provider, bool captures = false)
    {
        var session = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            InterOpNumThreads = 1,
            IntraOpNumThreads = options.Threads,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", options.Spinning ? "1" : "0");
        session.AddSessionConfigEntry(ExternalFolder, source.GraphFolder);
        if (provider == DecoderOptions.Cuda)
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = options.Device.ToString(CultureInfo.InvariantCulture),
                ["enable_cuda_graph"] = captures ? "1" : "0",
            });
            session.AppendExecutionProvider_CUDA(cuda);
        }

        return session;
    }
}

/// <summary>A graph in the form that the engine runs.</summary>
/// <param name="Model">The graph; its weights may be external.</param>
/// <param name="Sha256">Of the graph's file, in hexadecimal digits.</param>
/// <param name="Config">What the folder says of it, the window no longer than one table of rotary positions.</param>
/// <param name="Shape">How the folder's graph is built.</param>
/// <param name="Form">What it was made into.</param>
internal sealed record PreparedGraph(ModelProto Model, string Sha256, DecoderConfig Config, GraphShape Shape, EngineGraph Form);
