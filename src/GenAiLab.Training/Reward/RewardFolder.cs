using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Serving;
using Google.Protobuf;

namespace GenAiLab.Training.Reward;

/// <summary>Writes a reward model as a folder that the Classifier service serves: one label, whose logit is the reward.</summary>
public static class RewardFolder
{
    /// <summary>Writes everything but the model card.</summary>
    /// <param name="folder">The model folder; created when absent.</param>
    /// <param name="result">The outcome of training.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="record">For training.json.</param>
    public static void Write(string folder, RewardResult result, ByteLevelBpe tokenizer, TrainingRecord record)
    {
        var graph = LlamaServingGraph.BuildReward(result.Config, result.Weights, result.Head, result.Offset);
        AtomicFile.Write(Path.Combine(folder, "model.onnx"), stream => graph.WriteTo(stream));
        tokenizer.Save(folder, ChatFormat.Template, ChatFormat.EndToken);
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), Configuration(result.Config));
        ChatModelFolder.WriteRecord(
            folder, record, result.Config.ParameterCount + result.Head.Length + 1, result.Elapsed, result.TokensPerSecond, result.Curve);
        CurvePlot.Save(Path.Combine(folder, "curves.png"), result.Curve,
        [
            new CurvePanel("Bradley–Terry loss", "nats per pair", new Dictionary<string, string>
            {
                [Optimization.TrainingFigures.Loss] = "training",
                [Optimization.TrainingFigures.HeldOutLoss] = "held out",
            }),
            new CurvePanel("Held-out pairs ranked right", "share", new Dictionary<string, string> { [RewardTraining.HeldOutAccuracy] = "held out" }),
        ]);
    }

    private static string Configuration(LlamaConfig config) => new JsonObject
    {
        ["architectures"] = new JsonArray("GenAiLabRewardModel"),
        ["model_type"] = "genailab-reward",
        ["problem_type"] = "regression",
        ["id2label"] = new JsonObject { ["0"] = "reward" },
        ["label2id"] = new JsonObject { ["reward"] = 0 },
        ["max_position_embeddings"] = config.ContextLength,
        ["vocab_size"] = config.VocabularySize,
        ["hidden_size"] = config.HiddenSize,
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
}
