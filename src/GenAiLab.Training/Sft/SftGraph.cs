using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;
using Google.Protobuf;

namespace GenAiLab.Training.Sft;

/// <summary>
/// The graphs of supervised fine-tuning. Weights per token are inputs, so that one graph takes any mask:
/// loss = Σ answer_weights · nll · (1 − share) + Σ replay_weights · nll · share, in nats.
/// </summary>
internal static class SftGraph
{
    public const string AnswerLoss = "answer_loss";
    public const string ReplayLoss = "replay_loss";

    /// <summary>Forward, backward and one step of AdamW.</summary>
    public static IMessage Training(LlamaConfig config, SftOptions options, AdamWConstants constants)
    {
        var batch = options.ChatRows + options.ReplayRows;
        var rows = batch * options.Length;
        var graph = new TensorGraph();
        var specifications = FlatParameters.Of(config);
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var logProbabilities = LogProbabilities(graph, config, weights, batch, options.Length);
        var answers = graph.Scale(graph.Sum(graph.Multiply(logProbabilities, graph.Input("answer_weights", rows))), -1);
        var loss = answers;
        graph.Output(AnswerLoss, answers);
        if (options.ReplayRows > 0)
        {
            var replay = graph.Scale(graph.Sum(graph.Multiply(logProbabilities, graph.Input("replay_weights", rows))), -1);
            graph.Output(ReplayLoss, replay);
            loss = graph.Add(graph.Scale(answers, 1 - options.ReplayShare), graph.Scale(replay, options.ReplayShare));
        }

        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    /// <summary>Σ token_weights · nll of a batch, forward only: inputs as above, output <c>sum</c>.</summary>
    public static IMessage WeightedSum(LlamaConfig config, int batch, int length)
    {
        var graph = new TensorGraph();
        var specifications = FlatParameters.Of(config);
        var weights = FlatParameters.Slice(graph, graph.Input("parameters", FlatParameters.Length(specifications)), specifications);
        var logProbabilities = LogProbabilities(graph, config, weights, batch, length);
        graph.Output("sum", graph.Scale(graph.Sum(graph.Multiply(logProbabilities, graph.Input("token_weights", batch * length))), -1));
        return graph.Onnx.Build();
    }

    private static Tensor LogProbabilities(
        TensorGraph graph, LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights, int batch, int length)
    {
        var ids = graph.IndexInput("ids", batch * length);
        var targets = graph.IndexInput("targets", batch * length);
        return graph.LogProbability(LlamaTrainingGraph.Logits(graph, config, weights, ids, batch, length), targets);
    }
}
