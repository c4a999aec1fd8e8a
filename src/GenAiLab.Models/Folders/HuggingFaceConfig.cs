using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Folders;

/// <summary>
/// config.json and generation_config.json by Hugging Face's convention, as Optimum and transformers.js keep them
/// beside a graph. Every architecture has names of its own for the same few numbers.
/// </summary>
public static class HuggingFaceConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    /// <summary>The name of the file with what the model wants to be sampled by.</summary>
    public const string GenerationFileName = "generation_config.json";

    // Whole weights first; a decoder that was merged with its first step before those of few bits.
    private static readonly string[] GraphFiles =
    [
        "model.onnx", "decoder_model_merged.onnx", "model_fp16.onnx", "decoder_model_merged_fp16.onnx", "model_q4.onnx", "model_q4f16.onnx",
        "model_int8.onnx", "model_uint8.onnx", "model_quantized.onnx", "decoder_model_merged_quantized.onnx",
    ];

    private static readonly string[] SplitFiles = ["decoder_model.onnx", "decoder_with_past_model.onnx"];

    /// <summary>Whether a folder holds a decoder: its architecture says so, or its graph's name does.</summary>
    internal static bool IsDecoder(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName)))
        {
            return false;
        }

        try
        {
            var root = FolderJson.Read(folder, FileName);
            return root.Texts("architectures") is { Count: > 0 } architectures
                ? architectures.Any(static name => name.EndsWith("ForCausalLM", StringComparison.Ordinal) || name.EndsWith("LMHeadModel", StringComparison.Ordinal))
                : !root.Has("id2label") && (root.Flag("use_cache") is not null || Places("decoder_model").Any(name => File.Exists(Path.Combine(folder, name))));
        }
        catch (ModelFolderException)
        {
            // Not readable: whose it is cannot be told.
            return false;
        }

        static IEnumerable<string> Places(string stem) => GraphFiles.Concat(SplitFiles).Where(name => name.StartsWith(stem, StringComparison.Ordinal)).SelectMany(static name => (string[])[name, $"onnx/{name}"]);
    }

    /// <summary>Reads and checks the files, and finds the graph.</summary>
    /// <exception cref="ModelFolderException">A file is missing or damaged, a value is absent or out of range, or it describes no plain decoder.</exception>
    public static DecoderConfig Read(string folder)
    {
        var root = FolderJson.Read(folder, FileName);
        if (root.Flag("is_encoder_decoder") == true)
        {
            throw root.Refuse("is_encoder_decoder", "is true: only models of one decoder are served");
        }

        foreach (var part in (string[])["text_config", "vision_config", "audio_config"])
        {
            if (root.Has(part))
            {
                throw root.Refuse(part, "is there: only models of text alone are served");
            }
        }

        var vocabulary = root.Number("vocab_size", 1, DecoderConfig.MaximumNumber);
        var context = root.FirstNumber(1, DecoderConfig.MaximumNumber, "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
            ?? throw root.Refuse("max_position_embeddings", "is missing, and so are n_positions and the like");
        FolderJson? generation = File.Exists(Path.Combine(folder, GenerationFileName)) ? FolderJson.Read(folder, GenerationFileName) : null;
        var ends = generation?.Numbers("eos_token_id", 0, vocabulary - 1) is { Count: > 0 } own ? own : root.Numbers("eos_token_id", 0, vocabulary - 1);
        if (ends.Count == 0)
        {
            throw root.Refuse("eos_token_id", "is missing");
        }

        var hidden = root.FirstNumber(1, 1 << 17, "hidden_size", "n_embd", "d_model")?.Value ?? 0;
        var heads = root.FirstNumber(1, 1024, "num_attention_heads", "n_head", "n_heads", "num_heads")?.Value ?? 0;
        return new DecoderConfig
        {
            Layout = FolderLayout.Optimum,
            VocabularySize = vocabulary,
            ContextField = context.Name,
            ContextLength = context.Value,
            BosTokenId = Special("bos_token_id") ?? ends[0],
            PadTokenId = Special("pad_token_id") ?? ends[0],
            EosTokenIds = ends,
            GraphFile = FindGraph(folder),
            HiddenSize = hidden,
            Heads = heads,
            HeadSize = root.OptionalNumber("head_dim", 1, 1024) ?? (heads > 0 && hidden % heads == 0 ? hidden / heads : 0),
            Layers = root.FirstNumber(1, 1024, "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers")?.Value ?? 0,
            KeyValueHeads = root.OptionalNumber("num_key_value_heads", 1, 1024) ?? 0,
            Generation = generation is { } settings ? GenerationSettings.Read(settings) : new(),
        };

        // Some configurations say -1 where there is none.
        int? Special(string name) =>
            (generation?.OptionalNumber(name, -1, vocabulary - 1) ?? root.OptionalNumber(name, -1, vocabulary - 1)) is { } id and >= 0 ? id : null;
    }

    /// <summary>config.json of a Llama-style decoder, as transformers.js and Optimum read it.</summary>
    /// <param name="config">Its shape; all of it must be said.</param>
    /// <param name="intermediateSize">Width of the feed-forward layer.</param>
    /// <param name="ropeTheta">Base of the rotary frequencies.</param>
    /// <param name="normEpsilon">Added to the mean square in RMSNorm.</param>
    public static string ToJson(DecoderConfig config, int intermediateSize, double ropeTheta, float normEpsilon)
    {
        var root = SpecialTokens(config);
        root["model_type"] = "llama";
        root["architectures"] = new JsonArray("LlamaForCausalLM");
        root["vocab_size"] = config.VocabularySize;
        root["hidden_size"] = config.HiddenSize;
        root["intermediate_size"] = intermediateSize;
        root["num_hidden_layers"] = config.Layers;
        root["num_attention_heads"] = config.Heads;
        root["num_key_value_heads"] = config.KeyValueHeads;
        root["head_dim"] = config.HeadSize;
        root["max_position_embeddings"] = config.ContextLength;
        root["hidden_act"] = "silu";
        root["rms_norm_eps"] = (double)(decimal)normEpsilon;
        root["rope_theta"] = ropeTheta;
        root["tie_word_embeddings"] = true;
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    /// <summary>generation_config.json: the ids that begin and end, and sampling at the folder's temperature, or 1, with its min-p, or without a filter.</summary>
    public static string ToGenerationJson(DecoderConfig config)
    {
        var root = SpecialTokens(config);
        root["do_sample"] = true;
        root["temperature"] = Temperature(config);
        root["top_k"] = 0;
        root["top_p"] = 1.0;
        if (config.Generation.MinP is { } minP)
        {
            root["min_p"] = (double)(decimal)minP;
        }

        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    // As it is written by hand: 0.45 and not the nearest number of 32 bits.
    private static double Temperature(DecoderConfig config) => (double)(decimal)(config.Generation.Temperature ?? 1);

    private static JsonObject SpecialTokens(DecoderConfig config) => new()
    {
        ["bos_token_id"] = config.BosTokenId,
        ["eos_token_id"] = config.EosTokenIds.Count == 1 ? config.EosTokenIds[0] : new JsonArray([.. config.EosTokenIds.Select(static id => (JsonNode)id)]),
        ["pad_token_id"] = config.PadTokenId,
    };

    /// <summary>The path of a folder's graph within it: beside config.json or in onnx/, whole weights before those of few bits.</summary>
    /// <exception cref="ModelFolderException">There is none, or a decoder in two.</exception>
    public static string FindGraph(string folder)
    {
        foreach (var place in (string[])["", "onnx/"])
        {
            if (Array.Find(GraphFiles, name => File.Exists(Path.Combine(folder, place + name))) is { } found)
            {
                return place + found;
            }
        }

        throw SplitFiles.Any(name => File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, "onnx", name)))
            ? new ModelFolderException(SplitFiles[0], "a decoder in two graphs is not served; merge them to decoder_model_merged.onnx")
            : new ModelFolderException("model.onnx", "the file is missing");
    }
}
