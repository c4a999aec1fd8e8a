using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.Models.Quantization;
using GenAiLab.V1;
using Google.Protobuf;
using Xunit.Sdk;
using JsonObject = System.Text.Json.Nodes.JsonObject;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>A folder as some exporter writes it, and what the Decoder must make of it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Write">Writes it into an empty folder.</param>
/// <param name="Layout">How it is recognised.</param>
/// <param name="CacheForm">How it must run.</param>
public sealed record ForeignFolder(string Name, Action<string> Write, ModelLayout Layout, CacheForm CacheForm) : IXunitSerializable
{
    // For the test framework, which names tests by their data.
    public ForeignFolder()
        : this("", static _ => { }, ModelLayout.Unspecified, CacheForm.Unspecified)
    {
    }

    /// <summary>How far its logits may be from those of one run over the whole text.</summary>
    public float Tolerance { get; init; } = 1e-4f;

    public string CacheType { get; init; } = "fp32";

    public string WeightFormat { get; init; } = "fp32";

    public bool HasHiddenStates { get; init; } = true;

    /// <summary>The window that it is served with.</summary>
    public int ContextLength { get; init; } = 48;

    public static IReadOnlyList<ForeignFolder> All { get; } =
    [
        new("genai: separate projections", static folder => WriteGenAi(folder, new GenAiGraph().Build()), ModelLayout.Genai, CacheForm.Shared),
        new("genai: rotary outside, position_ids", static folder => WriteGenAi(folder, new GenAiGraph { RotatesOutside = true }.Build(), positions: true), ModelLayout.Genai, CacheForm.Shared),
        new("genai: fp16", static folder => WriteGenAi(folder, new GenAiGraph().Build().InHalves()), ModelLayout.Genai, CacheForm.Shared)
        {
            CacheType = "fp16", WeightFormat = "fp16", Tolerance = 0.05f,
        },
        new("genai: int4", static folder => WriteGenAi(folder, Quantized(new GenAiGraph().Build())), ModelLayout.Genai, CacheForm.Shared) { WeightFormat = "int4", Tolerance = 0.6f },
        new("genai: pruned head, other names", static folder => WriteGenAi(folder, new GenAiGraph { PrunesHead = true, Past = "cache" }.Build(), past: "cache"), ModelLayout.Genai, CacheForm.Shared),
        new("genai: capped logits", static folder => WriteGenAi(folder, new GenAiGraph { CapsLogits = true }.Build()), ModelLayout.Genai, CacheForm.Shared),
        new("genai: lengths as inputs", static folder => WriteGenAi(folder, new GenAiGraph { TakesLengths = true }.Build()), ModelLayout.Genai, CacheForm.Shared),
        new("genai: two rotary tables", static folder => WriteGenAi(folder, new GenAiGraph { SecondTableFrom = 40 }.BuildWithChoice()), ModelLayout.Genai, CacheForm.Shared) { ContextLength = 40 },
        new("genai: multi-head attention with a bias of the mask", static folder => WriteGenAi(folder, new GenAiGraph { HasMaskBias = true }.Build(), positions: true, heads: 4), ModelLayout.Genai, CacheForm.Copied),
        new("transformers.js: grouped-query attention, num_logits_to_keep", static folder => WriteOptimum(folder, new GenAiGraph { TakesLogitsToKeep = true }.Build(), "onnx"), ModelLayout.Optimum, CacheForm.Shared),
        new("optimum: llama, external data", static folder => WriteOptimum(folder, new OptimumGraph().Build(), "", external: true), ModelLayout.Optimum, CacheForm.Copied),
        new("optimum: llama, fp16, in onnx/", static folder => WriteOptimum(folder, new OptimumGraph().Build().InHalves(), "onnx", external: true), ModelLayout.Optimum, CacheForm.Copied)
        {
            CacheType = "fp16", WeightFormat = "fp16", Tolerance = 0.05f,
        },
        new("optimum: gpt2", static folder => WriteOptimum(folder, new OptimumGraph { IsGpt2 = true }.Build(), "", heads: 4, gpt2: true), ModelLayout.Optimum, CacheForm.Copied),
        new("optimum: positions of the mask", static folder => WriteOptimum(folder, new OptimumGraph { IsGpt2 = true, CountsMask = true }.Build(), "", heads: 4, gpt2: true), ModelLayout.Optimum, CacheForm.Copied),
        new("optimum: merged", static folder => WriteOptimum(folder, new OptimumGraph { IsMerged = true }.Build(), "", file: "decoder_model_merged.onnx"), ModelLayout.Optimum, CacheForm.Copied)
        {
            HasHiddenStates = false,
        },
        new("optimum: merged gpt2, one token at a time", static folder => WriteOptimum(folder, new OptimumGraph { IsGpt2 = true, IsMerged = true, StepsBehindPast = true }.Build(), "onnx", heads: 4, gpt2: true, file: "decoder_model_merged.onnx"), ModelLayout.Optimum, CacheForm.Copied)
        {
            HasHiddenStates = false,
        },
    ];

    public static TheoryData<ForeignFolder> Data => [.. All];

    public void Deserialize(IXunitSerializationInfo info) => throw new NotSupportedException();

    public void Serialize(IXunitSerializationInfo info) => throw new NotSupportedException();

    public override string ToString() => Name;

    /// <summary>genai_config.json as the builder writes it.</summary>
    public static JsonObject GenAiConfiguration(string past = "past_key_values", bool positions = false, int heads = 2) => new()
    {
        ["model"] = new JsonObject
        {
            ["bos_token_id"] = 1,
            ["context_length"] = 48,
            ["decoder"] = new JsonObject
            {
                ["session_options"] = new JsonObject { ["log_id"] = "onnxruntime-genai", ["provider_options"] = new JsonArray() },
                ["filename"] = "model.onnx",
                ["head_size"] = 16,
                ["hidden_size"] = 32,
                ["inputs"] = Inputs(past, positions),
                ["outputs"] = new JsonObject { ["logits"] = "logits", ["present_key_names"] = "present.%d.key", ["present_value_names"] = "present.%d.value" },
                ["num_attention_heads"] = 4,
                ["num_hidden_layers"] = 2,
                ["num_key_value_heads"] = heads,
            },
            ["eos_token_id"] = new JsonArray(2, 3),
            ["pad_token_id"] = 2,
            ["type"] = "llama",
            ["vocab_size"] = 96,
        },
        ["search"] = new JsonObject
        {
            ["diversity_penalty"] = 0.0,
            ["do_sample"] = true,
            ["early_stopping"] = true,
            ["max_length"] = 48,
            ["min_length"] = 0,
            ["no_repeat_ngram_size"] = 0,
            ["past_present_share_buffer"] = true,
            ["repetition_penalty"] = 1.1,
            ["temperature"] = 0.6,
            ["top_k"] = 50,
            ["top_p"] = 0.9,
        },
    };

    private static JsonObject Inputs(string past, bool positions)
    {
        var inputs = new JsonObject { ["input_ids"] = "input_ids", ["attention_mask"] = "attention_mask", ["past_key_names"] = $"{past}.%d.key", ["past_value_names"] = $"{past}.%d.value" };
        if (positions)
        {
            inputs["position_ids"] = "position_ids";
        }

        return inputs;
    }

    /// <summary>config.json as transformers writes it.</summary>
    public static JsonObject Configuration(int heads = 2, bool gpt2 = false) => gpt2
        ? new()
        {
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["model_type"] = "gpt2",
            ["n_positions"] = 48,
            ["n_embd"] = 32,
            ["n_layer"] = 2,
            ["n_head"] = heads,
            ["vocab_size"] = 96,
            ["bos_token_id"] = 2,
            ["eos_token_id"] = 2,
        }
        : new()
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["max_position_embeddings"] = 48,
            ["hidden_size"] = 32,
            ["head_dim"] = 16,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = heads,
            ["vocab_size"] = 96,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
            ["pad_token_id"] = null,
        };

    public static void WriteGenAi(string folder, ModelProto model, string past = "past_key_values", bool positions = false, int heads = 2)
    {
        File.WriteAllText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfiguration(past, positions, heads).ToJsonString());
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model.WithExternalData(folder, "model.onnx.data").ToByteArray());
    }

    public static void WriteOptimum(string folder, ModelProto model, string place, bool external = false, int heads = 2, bool gpt2 = false, string file = "model.onnx")
    {
        File.WriteAllText(Path.Combine(folder, HuggingFaceConfig.FileName), Configuration(heads, gpt2).ToJsonString());
        File.WriteAllText(
            Path.Combine(folder, HuggingFaceConfig.GenerationFileName),
            """{"_from_model_config": true, "eos_token_id": [2, 3], "do_sample": false, "temperature": 0.6, "top_p": 0.95, "max_new_tokens": 20}""");
        var graphFolder = Directory.CreateDirectory(Path.Combine(folder, place)).FullName;
        if (external)
        {
            model = model.WithExternalData(graphFolder, $"{file}_data");
        }

        File.WriteAllBytes(Path.Combine(graphFolder, file), model.ToByteArray());
    }

    private static ModelProto Quantized(ModelProto model)
    {
        WeightQuantization.Apply(model, ".", Models.Quantization.WeightFormat.Int4);
        return model;
    }
}
