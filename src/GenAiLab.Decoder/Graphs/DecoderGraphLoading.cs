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

    /// <summary>Checks a folder, loads it and runs it once.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">Slots, memory, threads and weights.</param>
    /// <param name="budget">Bytes that KV cache and weights may take together.</param>
    /// <exception cref="ModelFolderException">The folder is refused.</exception>
    public static DecoderGraph Load(string folder, DecoderOptions options, long budget)
    {
        var config = GenAiConfig.Read(folder);
        if (options.MaximumContext > 0 && config.ContextLength > options.MaximumContext)
        {
            config = config with { ContextLength = options.MaximumContext };
        }

        if (config.ContextLength < 2)
        {
            throw new ModelFolderException(GenAiConfig.FileName, "model.context_length must leave room for a prompt and one token");
        }

        var slots = SlotsWithin(config, options, budget);
        ExternalDataCheck.Check(folder, config.GraphFile);
        InferenceSession? session = null;
        DecoderGraph? graph = null;
        try
        {
            var model = Read(folder, config);
            EngineGraph.Rewrite(model, config);
            var format = WeightFormats.Parse(options.WeightFormat) ?? WeightFormat.Float32;
            WeightQuantization.Apply(model, folder, format);
            WeightQuantization.Untie(model, folder);
            using var sessionOptions = SessionOptionsFor(folder, options);
            session = new InferenceSession(model.ToByteArray(), sessionOptions);
            GraphSignature.Check(session, config);
            graph = new DecoderGraph(session, config, options, slots) { WeightFormat = format == WeightFormat.Float32 ? HeldIn(model) : format.Name() };
            graph.WarmUp();
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
                session?.Dispose();
            }
        }
    }

    /// <summary>As many slots as are configured, or fewer where the memory ends before.</summary>
    /// <exception cref="ModelFolderException">Not even one fits.</exception>
    public static int SlotsWithin(GenAiConfig config, DecoderOptions options, long budget)
    {
        var slot = (Int128)KeyValueCache.SlotBytes(config);
        var memory = Int128.Min(budget, options.MaximumCacheBytes);
        var slots = (int)Int128.Min(options.Slots, memory / slot);
        return slots >= 1
            ? slots
            : throw new ModelFolderException(
                GenAiConfig.FileName,
                $"one slot of KV cache for {config.ContextLength:N0} tokens takes {slot:N0} bytes and {memory:N0} are left; raise Decoder:MaximumCacheBytes or Decoder:MemoryBudgetBytes, or lower Decoder:MaximumContext");
    }

    // A folder that was quantised before says so by its operators.
    private static string HeldIn(ModelProto model)
    {
        foreach (var node in model.Graph.Node)
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

        return WeightFormat.Float32.Name();

        static int Number(NodeProto node, string name) => (int)(node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? 0);
    }

    private static ModelProto Read(string folder, GenAiConfig config)
    {
        try
        {
            using var stream = File.OpenRead(Path.Combine(folder, config.GraphFile));
            var input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, 100);
            return ModelProto.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(config.GraphFile, "not a whole ONNX file; truncated?", error);
        }
    }

    private static SessionOptions SessionOptionsFor(string folder, DecoderOptions options)
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
        session.AddSessionConfigEntry(ExternalFolder, Path.GetFullPath(folder));
        if (options.ExecutionProvider == DecoderOptions.Cuda)
        {
            session.AppendExecutionProvider_CUDA(options.Device);
        }

        return session;
    }
}
