using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Folders;

/// <summary>
/// genai_config.json by the convention of onnxruntime-genai: what a decoder's graph looks like and how
/// to run it. Read as hostile: every number is checked before anything is sized by it.
/// </summary>
public sealed record GenAiConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "genai_config.json";

    private const int MaximumBytes = 1024 * 1024;

    /// <summary>Beginning-of-sequence token id.</summary>
    public required int BosTokenId { get; init; }

    /// <summary>Ids that end a sequence; at least one.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>Padding token id.</summary>
    public required int PadTokenId { get; init; }

    /// <summary>Context window in tokens, prompt and generated together. 1 to 1,048,576.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Number of token ids. 1 to 1,048,576.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The graph's file within the folder.</summary>
    public string GraphFile { get; init; } = "model.onnx";

    /// <summary>Width of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, not JSON, or a value is absent or out of range.</exception>
    public static GenAiConfig Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new ModelFolderException(FileName, "the file is missing");
            }

            if (info.Length > MaximumBytes)
            {
                throw new ModelFolderException(FileName, $"larger than {MaximumBytes:N0} bytes");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(FileName, "not valid JSON; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    /// <summary>The file's content as onnxruntime-genai reads it.</summary>
    public string ToJson()
    {
        var search = new JsonObject
        {
            ["do_sample"] = true, // Else onnxruntime-genai takes the most probable token.
            ["max_length"] = ContextLength,
            ["min_length"] = 0,
            ["num_beams"] = 1,
            ["num_return_sequences"] = 1,
            ["past_present_share_buffer"] = true,
            ["repetition_penalty"] = 1.0,
            ["temperature"] = 1.0,
            ["top_k"] = 0,
            ["top_p"] = 1.0,
        };
        var decoder = new JsonObject
        {
            ["session_options"] = new JsonObject { ["log_id"] = "genailab", ["provider_options"] = new JsonArray() },
            ["filename"] = GraphFile,
            ["head_size"] = HeadSize,
            ["hidden_size"] = HiddenSize,
            ["inputs"] = new JsonObject
            {
                ["input_ids"] = "input_ids",
                ["attention_mask"] = "attention_mask",
                ["past_key_names"] = "past_key_values.%d.key",
                ["past_value_names"] = "past_key_values.%d.value",
            },
            ["outputs"] = new JsonObject
            {
                ["logits"] = "logits",
                ["present_key_names"] = "present.%d.key",
                ["present_value_names"] = "present.%d.value",
            },
            ["num_attention_heads"] = Heads,
            ["num_hidden_layers"] = Layers,
            ["num_key_value_heads"] = KeyValueHeads,
        };
        var model = new JsonObject
        {
            ["bos_token_id"] = BosTokenId,
            ["context_length"] = ContextLength,
            ["decoder"] = decoder,
            ["eos_token_id"] = EosTokenIds.Count == 1 ? EosTokenIds[0] : new JsonArray([.. EosTokenIds.Select(static id => (JsonNode)id)]),
            ["pad_token_id"] = PadTokenId,
            ["type"] = "llama",
            ["vocab_size"] = VocabularySize,
        };
        return new JsonObject { ["model"] = model, ["search"] = search }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static GenAiConfig Parse(JsonElement root)
    {
        var model = Member(root, "model", "model");
        var decoder = Member(model, "decoder", "model.decoder");
        var vocabulary = Number(model, "vocab_size", "model.vocab_size", 1, 1 << 20);
        var file = decoder.TryGetProperty("filename", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "model.onnx";
        if (file != Path.GetFileName(file) || file is "" or "." or "..")
        {
            throw new ModelFolderException(FileName, "model.decoder.filename must be the name of a file in the folder");
        }

        var ends = Member(model, "eos_token_id", "model.eos_token_id");
        return new GenAiConfig
        {
            VocabularySize = vocabulary,
            ContextLength = Number(model, "context_length", "model.context_length", 1, 1 << 20),
            BosTokenId = Number(model, "bos_token_id", "model.bos_token_id", 0, vocabulary - 1),
            PadTokenId = Number(model, "pad_token_id", "model.pad_token_id", 0, vocabulary - 1),
            EosTokenIds = ends.ValueKind == JsonValueKind.Array
                ? [.. ends.EnumerateArray().Take(64).Select(id => Number(id, "model.eos_token_id", 0, vocabulary - 1))]
                : [Number(ends, "model.eos_token_id", 0, vocabulary - 1)],
            GraphFile = file,
            HeadSize = Number(decoder, "head_size", "model.decoder.head_size", 1, 1024),
            HiddenSize = Number(decoder, "hidden_size", "model.decoder.hidden_size", 1, 1 << 17),
            Heads = Number(decoder, "num_attention_heads", "model.decoder.num_attention_heads", 1, 1024),
            KeyValueHeads = Number(decoder, "num_key_value_heads", "model.decoder.num_key_value_heads", 1, 1024),
            Layers = Number(decoder, "num_hidden_layers", "model.decoder.num_hidden_layers", 1, 1024),
        };
    }

    private static JsonElement Member(JsonElement parent, string name, string path) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value)
            ? value
            : throw new ModelFolderException(FileName, $"{path} is missing");

    private static int Number(JsonElement parent, string name, string path, int least, int most) =>
        Number(Member(parent, name, path), path, least, most);

    private static int Number(JsonElement value, string path, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw new ModelFolderException(FileName, $"{path} must be a whole number from {least} to {most}");
}
