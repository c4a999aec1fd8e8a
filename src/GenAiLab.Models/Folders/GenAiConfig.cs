using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Folders;

/// <summary>genai_config.json by the convention of onnxruntime-genai: what a decoder's graph looks like and how to run it.</summary>
public static class GenAiConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "genai_config.json";

    // Parts of models that are no plain decoders, and inputs that only such have.
    private static readonly string[] OtherParts = ["encoder", "embedding", "vision", "speech", "joiner"];
    private static readonly string[] OtherInputs =
    [
        "embeddings", "inputs_embeds", "past_names", "cross_past_key_names", "cross_past_value_names", "encoder_hidden_states", "rnn_prev_states",
        "block_table", "cumulative_sequence_lengths", "hidden_states", "targets", "per_layer_inputs",
    ];

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, not JSON, a value is absent or out of range, or it describes no plain decoder.</exception>
    public static DecoderConfig Read(string folder)
    {
        var root = FolderJson.Read(folder, FileName);
        var model = root.Object("model");
        foreach (var part in OtherParts)
        {
            if (model.OptionalObject(part)?.Has("filename") == true)
            {
                throw model.Refuse(part, "is there: only models of one decoder are served");
            }
        }

        var decoder = model.Object("decoder");
        if (decoder.Count("pipeline") > 0)
        {
            throw decoder.Refuse("pipeline", "is there: decoders in several graphs are not served");
        }

        if (decoder.OptionalObject("sliding_window") is { } window && (window.Flag("slide_inputs") != false || window.Flag("slide_key_value_cache") != false))
        {
            throw decoder.Refuse("sliding_window", "slides the inputs or the cache, which is not served");
        }

        var vocabulary = model.Number("vocab_size", 1, DecoderConfig.MaximumNumber);
        var file = decoder.Text("filename") ?? "model.onnx";
        if (file != Path.GetFileName(file) || file is "." or "..")
        {
            throw decoder.Refuse("filename", "must be the name of a file in the folder");
        }

        var ends = model.Numbers("eos_token_id", 0, vocabulary - 1);
        if (ends.Count == 0)
        {
            throw model.Refuse("eos_token_id", "is missing");
        }

        return new DecoderConfig
        {
            VocabularySize = vocabulary,
            ContextLength = model.Number("context_length", 1, DecoderConfig.MaximumNumber),
            BosTokenId = model.OptionalNumber("bos_token_id", 0, vocabulary - 1) ?? ends[0],
            PadTokenId = model.OptionalNumber("pad_token_id", 0, vocabulary - 1) ?? ends[0],
            EosTokenIds = ends,
            GraphFile = file,
            HeadSize = decoder.OptionalNumber("head_size", 1, 1024) ?? 0,
            HiddenSize = decoder.OptionalNumber("hidden_size", 1, 1 << 17) ?? 0,
            Heads = decoder.OptionalNumber("num_attention_heads", 1, 1024) ?? 0,
            KeyValueHeads = decoder.OptionalNumber("num_key_value_heads", 1, 1024) ?? 0,
            Layers = decoder.OptionalNumber("num_hidden_layers", 1, 1024) ?? 0,
            Names = Names(decoder.OptionalObject("inputs"), decoder.OptionalObject("outputs")),
            Generation = root.OptionalObject("search") is { } search ? GenerationSettings.Read(search) : new(),
        };
    }

    /// <summary>The file's content as onnxruntime-genai reads it.</summary>
    public static string ToJson(DecoderConfig config)
    {
        var search = new JsonObject
        {
            // Sampling without a filter, as the lab does where nothing is asked for: else onnxruntime-genai takes the most probable token.
            ["do_sample"] = true,
            ["max_length"] = config.ContextLength,
            ["min_length"] = 0,
            ["num_beams"] = 1,
            ["num_return_sequences"] = 1,
            ["past_present_share_buffer"] = true,
            ["repetition_penalty"] = 1.0,
            ["temperature"] = (double)(decimal)(config.Generation.Temperature ?? 1),
            ["top_k"] = 0,
            ["top_p"] = 1.0,
        };
        if (config.Generation.MinP is { } minP)
        {
            search["min_p"] = (double)(decimal)minP;
        }

        var decoder = new JsonObject
        {
            ["session_options"] = new JsonObject { ["log_id"] = "genailab", ["provider_options"] = new JsonArray() },
            ["filename"] = config.GraphFile,
            ["head_size"] = config.HeadSize,
            ["hidden_size"] = config.HiddenSize,
            ["inputs"] = new JsonObject
            {
                ["input_ids"] = config.Names.InputIds,
                ["attention_mask"] = config.Names.AttentionMask,
                ["past_key_names"] = config.Names.PastKey,
                ["past_value_names"] = config.Names.PastValue,
            },
            ["outputs"] = new JsonObject
            {
                ["logits"] = config.Names.Logits,
                ["present_key_names"] = config.Names.PresentKey,
                ["present_value_names"] = config.Names.PresentValue,
            },
            ["num_attention_heads"] = config.Heads,
            ["num_hidden_layers"] = config.Layers,
            ["num_key_value_heads"] = config.KeyValueHeads,
        };
        var model = new JsonObject
        {
            ["bos_token_id"] = config.BosTokenId,
            ["context_length"] = config.ContextLength,
            ["decoder"] = decoder,
            ["eos_token_id"] = config.EosTokenIds.Count == 1 ? config.EosTokenIds[0] : new JsonArray([.. config.EosTokenIds.Select(static id => (JsonNode)id)]),
            ["pad_token_id"] = config.PadTokenId,
            ["type"] = "llama",
            ["vocab_size"] = config.VocabularySize,
        };
        return new JsonObject { ["model"] = model, ["search"] = search }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static GraphNames Names(FolderJson? inputs, FolderJson? outputs)
    {
        foreach (var name in OtherInputs)
        {
            if (inputs?.Has(name) == true)
            {
                throw inputs.Value.Refuse(name, "is there: the engine has no such input to give");
            }
        }

        var names = new GraphNames();
        return new GraphNames
        {
            InputIds = inputs?.Text("input_ids") ?? names.InputIds,
            AttentionMask = inputs?.Text("attention_mask") ?? names.AttentionMask,
            PositionIds = inputs?.Text("position_ids") ?? names.PositionIds,
            PastKey = Pattern(inputs, "past_key_names", names.PastKey),
            PastValue = Pattern(inputs, "past_value_names", names.PastValue),
            PresentKey = Pattern(outputs, "present_key_names", names.PresentKey),
            PresentValue = Pattern(outputs, "present_value_names", names.PresentValue),
            Logits = outputs?.Text("logits") ?? names.Logits,
        };
    }

    private static string Pattern(FolderJson? json, string name, string usual) =>
        json?.Text(name) is not { } pattern ? usual
        : GraphNames.IsPattern(pattern) ? pattern
        : throw json.Value.Refuse(name, "must hold %d once, for the layer");
}
