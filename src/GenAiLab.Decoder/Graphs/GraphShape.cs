using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// How a decoder is built, as the inputs and outputs of its graph say. Where the folder's configuration says it
/// too, both must agree, before anything is sized by it.
/// </summary>
internal sealed record GraphShape
{
    /// <summary>Input [1] boolean of graphs that were merged of a first step and the others: whether there is a past.</summary>
    public const string CacheBranch = "use_cache_branch";

    private const int MaximumLayers = 1024;
    private const int MaximumHeads = 1024;
    private const int MaximumWidth = 1024;

    /// <summary>All tensors of the cache, in the order of the layers.</summary>
    public required IReadOnlyList<CacheTensor> Caches { get; init; }

    /// <summary>Element type of the cache: <see cref="OnnxElementType.Float"/>, <see cref="OnnxElementType.Float16"/> or <see cref="OnnxElementType.Int8"/>.</summary>
    public required OnnxElementType CacheType { get; init; }

    /// <summary>Element type of the logits, as the folder's graph gives them.</summary>
    public required OnnxElementType LogitsType { get; init; }

    /// <summary>Whether it gives logits after the last token only.</summary>
    public required bool LastLogitsOnly { get; init; }

    /// <summary>Whether several rows can run together.</summary>
    public required bool HasVariableBatch { get; init; }

    /// <summary>Bytes of a number in the cache.</summary>
    public int CacheBytes => CacheType switch
    {
        OnnxElementType.Int8 => sizeof(byte),
        OnnxElementType.Float16 => 2,
        _ => sizeof(float),
    };

    /// <summary>What ONNX Runtime calls these numbers.</summary>
    public TensorElementType CacheElement => CacheType switch
    {
        OnnxElementType.Int8 => TensorElementType.Int8,
        OnnxElementType.Float16 => TensorElementType.Float16,
        _ => TensorElementType.Float,
    };

    /// <summary>What users call them.</summary>
    public string CacheFormat => CacheType switch
    {
        OnnxElementType.Int8 => DecoderOptions.Byte,
        OnnxElementType.Float16 => DecoderOptions.Half,
        _ => "fp32",
    };

    /// <summary>Bytes of cache for one token, all layers.</summary>
    public long TokenBytes => Caches.Sum(cache => (long)cache.Heads * cache.Width * CacheBytes);

    /// <summary>Reads a graph's inputs and outputs.</summary>
    /// <exception cref="ModelFolderException">They are not a decoder's, or not those of the configuration.</exception>
    public static GraphShape Read(GraphProto graph, DecoderConfig config)
    {
        var names = config.Names;
        var weights = graph.Initializer.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        // Early exporters list the weights among the inputs.
        var inputs = Unique(graph.Input.Where(input => !weights.Contains(input.Name)));
        var outputs = Unique(graph.Output);
        var ids = inputs.TryGetValue(names.InputIds, out var value) ? Dimensions(value, 2) : throw Refuse($"it has no input '{names.InputIds}'");
        if (ids[1] >= 0)
        {
            throw Refuse($"'{names.InputIds}' has room for {ids[1]} tokens always; the engine needs a length that varies");
        }

        var logits = outputs.TryGetValue(names.Logits, out value) ? value : throw Refuse($"it has no output '{names.Logits}'");
        var shape = Dimensions(logits, 3);
        if (shape[2] >= 0 && shape[2] != config.VocabularySize)
        {
            throw Refuse($"'{names.Logits}' has {shape[2]} numbers a token, but {config.Field("vocab_size")} of {config.ConfigFile} is {config.VocabularySize}");
        }

        var (caches, type) = ReadCaches();
        return new GraphShape
        {
            Caches = caches,
            CacheType = type,
            LogitsType = FloatType(logits),
            LastLogitsOnly = shape[1] == 1,
            HasVariableBatch = ids[0] < 0,
        };

        (IReadOnlyList<CacheTensor> Caches, OnnxElementType Type) ReadCaches()
        {
            int[] layers = [.. inputs.Keys.Select(name => GraphNames.LayerOf(names.PastKey, name)).OfType<int>().Order()];
            if (layers.Length == 0)
            {
                throw Refuse($"it has no inputs '{names.PastKey.Replace("%d", "N", StringComparison.Ordinal)}': exported without a KV cache, or with one of another form");
            }

            if (layers.Length > MaximumLayers || (config.Layers > 0 && layers.Length != config.Layers))
            {
                throw Refuse($"it has a cache for {layers.Length} layers, but {config.Field("num_hidden_layers")} of {config.ConfigFile} is {config.Layers}");
            }

            CacheTensor[] found =
            [
                .. layers.SelectMany(layer => (CacheTensor[])
                [
                    Cache(GraphNames.Of(names.PastKey, layer), GraphNames.Of(names.PresentKey, layer)),
                    Cache(GraphNames.Of(names.PastValue, layer), GraphNames.Of(names.PresentValue, layer)),
                ]),
            ];
            var types = found.SelectMany(cache => (OnnxElementType[])[FloatType(inputs[cache.Past]), FloatType(outputs[cache.Present])]).Distinct().ToArray();
            return types.Length == 1 ? (found, types[0]) : throw Refuse("its cache is of several element types");
        }

        CacheTensor Cache(string past, string present)
        {
            if (!inputs.TryGetValue(past, out var input) || !outputs.TryGetValue(present, out var output))
            {
                throw Refuse($"it has no {(inputs.ContainsKey(past) ? "output" : "input")} '{(inputs.ContainsKey(past) ? present : past)}'");
            }

            var (dimensions, after) = (Dimensions(input, 4), Dimensions(output, 4));
            if (dimensions[2] >= 0 || after[2] >= 0 || dimensions[0] > 1)
            {
                throw Refuse($"'{past}' is [{string.Join(", ", dimensions)}]; batch and length must vary");
            }

            return new CacheTensor(
                past, present,
                Agreed(past, dimensions[1], after[1], config.KeyValueHeads, "num_key_value_heads", MaximumHeads),
                Agreed(past, dimensions[3], after[3], config.HeadSize, config.Layout == FolderLayout.GenAi ? "head_size" : "head_dim", MaximumWidth));
        }

        int Agreed(string name, int past, int present, int said, string field, int most)
        {
            var size = past >= 0 ? past : present >= 0 ? present : said;
            if (size is < 1 || size > most || (present >= 0 && present != size))
            {
                throw Refuse(size == 0 ? $"neither '{name}' nor {config.Field(field)} of {config.ConfigFile} says how large it is" : $"'{name}' has a size of {size}");
            }

            // Of several architectures Hugging Face's head_dim is not the width of what is cached.
            return said == 0 || said == size || (config.Layout == FolderLayout.Optimum && field == "head_dim")
                ? size
                : throw Refuse($"'{name}' has a size of {size}, but {config.Field(field)} of {config.ConfigFile} is {said}");
        }

        int[] Dimensions(ValueInfoProto value, int rank)
        {
            int[]? dimensions = value.Type?.TensorType?.Shape is { } tensor
                ? [.. tensor.Dim.Select(static dimension => dimension.HasDimValue && dimension.DimValue is >= 0 and <= int.MaxValue ? (int)dimension.DimValue : -1)]
                : null;
            return dimensions?.Length == rank
                ? dimensions
                : throw Refuse($"'{value.Name}' has {(dimensions is null ? "no" : $"{dimensions.Length}")} dimensions, where a decoder has {rank}");
        }

        OnnxElementType FloatType(ValueInfoProto value) =>
            (OnnxElementType)(value.Type?.TensorType?.ElemType ?? 0) is OnnxElementType.Float or OnnxElementType.Float16
                ? (OnnxElementType)value.Type!.TensorType.ElemType
                : throw Refuse($"'{value.Name}' must hold 32-bit or 16-bit floats");

        Dictionary<string, ValueInfoProto> Unique(IEnumerable<ValueInfoProto> values)
        {
            Dictionary<string, ValueInfoProto> unique = new(StringComparer.Ordinal);
            foreach (var value in values)
            {
                if (!unique.TryAdd(value.Name, value))
                {
                    throw Refuse("two of its inputs or outputs have the same name");
                }
            }

            return unique;
        }

        ModelFolderException Refuse(string reason) => new(config.GraphFile, reason);
    }
}
