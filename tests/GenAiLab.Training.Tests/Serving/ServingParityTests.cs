using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Serving;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Tests.Serving;

/// <summary>The training graph and the serving graph are one model.</summary>
public sealed class ServingParityTests
{
    private const int Batch = 3;
    private const int Length = 21;

    [Theory]
    [InlineData(4, 2)]
    [InlineData(4, 4)]
    [InlineData(4, 1)]
    public void Both_graphs_give_the_same_logits(int heads, int keyValueHeads)
    {
        var config = new LlamaConfig(50, 64, 2, heads, keyValueHeads, 16, 40, 32);
        var random = new Random(3);
        var weights = config.Parameters().ToDictionary(
            static item => item.Name, item => Enumerable.Range(0, item.Length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray());
        var sequences = Enumerable.Range(0, Batch).Select(_ => Enumerable.Range(0, Length).Select(_ => random.Next(50)).ToArray()).ToList();

        using var folder = new TemporaryFolder();
        BaseModelFolder.Write(
            folder.Path, new BaseTrainingResult(config, weights, [new LossPoint(1, 2, 2), new LossPoint(2, 1, 1)], TimeSpan.FromSeconds(1), 1, 1), new BaseTrainingOptions(), 0);
        using var served = new ServedDecoder(folder.Path);
        var actual = served.Logits(sequences);
        var expected = TrainingLogits(config, weights, sequences);

        for (var row = 0; row < Batch; row++)
        {
            for (var position = 0; position < Length; position++)
            {
                for (var id = 0; id < config.VocabularySize; id++)
                {
                    var trained = expected[(((position * Batch) + row) * config.VocabularySize) + id];
                    Assert.Equal(trained, actual[(((row * Length) + position) * config.VocabularySize) + id], 1e-4f);
                }
            }
        }

        Assert.True(new FileInfo(Path.Combine(folder.Path, "loss.png")).Length > 1_000);
    }

    private static float[] TrainingLogits(LlamaConfig config, Dictionary<string, float[]> weights, List<int[]> sequences)
    {
        var graph = new TensorGraph();
        var parameters = weights.ToDictionary(
            static weight => weight.Key, weight => graph.Constant(weight.Key, weight.Value, config.Parameters().First(item => item.Name == weight.Key).Shape));
        var ids = graph.IndexInput("ids", Length * Batch);
        graph.Output("logits", LlamaTrainingGraph.Logits(graph, config, parameters, ids, Batch, Length));
        using var session = new InferenceSession(graph.Onnx.Build().ToByteArray());
        var timeMajor = Enumerable.Range(0, Length).SelectMany(position => sequences.Select(sequence => (long)sequence[position])).ToArray();
        using var value = OrtValue.CreateTensorValueFromMemory(timeMajor, [timeMajor.Length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["ids"], [value], ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
