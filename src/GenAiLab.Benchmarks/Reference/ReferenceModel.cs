using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Quantization;
using Google.Protobuf;

namespace GenAiLab.Benchmarks.Reference;

/// <summary>A Llama shape of seeded random weights: what is measured is speed, and that does not depend on them.</summary>
/// <param name="Name">For example <c>135m</c>.</param>
/// <param name="Config">The shape.</param>
public sealed record ReferenceModel(string Name, LlamaConfig Config)
{
    private const int Seed = 20_241_231;

    /// <summary>The shapes by name; context in tokens.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ReferenceModel Of(string name, int contextLength = 1024) => new(name, name switch
    {
        "tiny" => new LlamaConfig(2_048, 128, 4, 4, 4, 32, 344, contextLength),
        "15m" => new LlamaConfig(32_000, 288, 6, 6, 6, 48, 768, contextLength),
        "135m" => new LlamaConfig(49_152, 576, 30, 9, 3, 64, 1_536, contextLength),
        _ => throw new ArgumentException($"there is no shape '{name}'; there are tiny, 15m and 135m", nameof(name)),
    });

    /// <summary>Every weight by name, row-major, linear layers [in, out]: the same in each run.</summary>
    public IReadOnlyDictionary<string, float[]> Weights()
    {
        var random = new Random(Seed);
        return Config.Parameters().ToDictionary(static parameter => parameter.Name, parameter =>
        {
            var values = new float[parameter.Length];
            var width = 2 * MathF.Sqrt(3f / (parameter.IsMatrix ? parameter.Shape[0] == Config.VocabularySize ? Config.HiddenSize : parameter.Shape[0] : 1));
            for (var at = 0; at < values.Length; at++)
            {
                values[at] = parameter.IsMatrix ? (random.NextSingle() - 0.5f) * width : 1;
            }

            return values;
        }, StringComparer.Ordinal);
    }

    /// <summary>Writes a model folder, unless it is there.</summary>
    /// <returns>The folder.</returns>
    public string WriteFolder(string work)
    {
        var folder = Path.Combine(work, $"{Name}-{Config.ContextLength}");
        if (File.Exists(Path.Combine(folder, GenAiConfig.FileName)))
        {
            return folder;
        }

        var graph = LlamaServingGraph.Build(Config, Weights());
        AtomicFile.Write(Path.Combine(folder, "model.onnx"), stream => graph.WriteTo(stream));
        AtomicFile.WriteText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(new DecoderConfig
        {
            BosTokenId = 0,
            PadTokenId = 0,
            EosTokenIds = [0],
            ContextLength = Config.ContextLength,
            VocabularySize = Config.VocabularySize,
            HeadSize = Config.HeadSize,
            HiddenSize = Config.HiddenSize,
            Heads = Config.Heads,
            KeyValueHeads = Config.KeyValueHeads,
            Layers = Config.Layers,
        }));
        return folder;
    }

    /// <summary>Bytes of weights that a decode step reads: all matrices, the embedding as the head.</summary>
    public long BytesRead(WeightFormat format)
    {
        var weights = Config.Parameters().Where(static parameter => parameter.IsMatrix).Sum(static parameter => (long)parameter.Length);
        return format.Blocks() is { } blocks ? weights * blocks.Bits / 8 + (weights / blocks.Block * sizeof(float))
            : format == WeightFormat.Float32 ? weights * sizeof(float) : format == WeightFormat.Float16 ? weights * 2 : weights;
    }
}
