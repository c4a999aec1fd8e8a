using System.Text;
using GenAiLab.Models.Llama;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Classifier.Tests;

/// <summary>A model of one label gives a score: the reward of a conversation.</summary>
public sealed class RewardTests
{
    private const float Offset = 0.75f;
    private static readonly LlamaConfig Shape = new(TinyClassifier.Vocabulary, 32, 2, 2, 1, 16, 48, TinyClassifier.Context);

    [Fact]
    public async Task The_logit_is_the_reward_and_the_probability_its_logistic_function()
    {
        await using var host = await ClassifierHost.StartAsync(static models => Write(models, headScale: 1));
        var list = await host.Client.ListClassifiersAsync(new ListClassifiersRequest(), ClassifierHost.Options());
        Assert.Equal(["reward"], Assert.Single(list.Classifiers).Labels);

        var rewards = new List<float>();
        foreach (var text in new[] { "hello", "a", "sixteen letters!", "hello." })
        {
            var byText = await host.Client.ClassifyAsync(new ClassifyRequest { Text = text }, ClassifierHost.Options());
            var ids = new TokenIds { Ids = { Encoding.UTF8.GetBytes(text).Select(static id => (int)id) } };
            var byIds = await host.Client.ClassifyAsync(new ClassifyRequest { Tokens = ids }, ClassifierHost.Options());

            var label = Assert.Single(byText.Labels);
            Assert.Equal(byText.Labels, byIds.Labels);
            Assert.Equal("reward", label.Label);
            Assert.Equal(1 / (1 + Math.Exp(-label.Logit)), label.Probability, 1e-6);
            rewards.Add(label.Logit);
        }

        Assert.Equal(rewards.Count, rewards.Distinct().Count());
    }

    [Fact]
    public async Task A_head_of_zeros_gives_its_offset()
    {
        await using var host = await ClassifierHost.StartAsync(static models => Write(models, headScale: 0));
        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Text = "hello" }, ClassifierHost.Options());
        Assert.Equal((Offset, 0.6791787f), (response.Labels[0].Logit, response.Labels[0].Probability));
    }

    private static void Write(string models, float headScale)
    {
        var folder = TinyClassifier.Write(models);
        var config = TinyClassifier.Config();
        config["id2label"] = new Dictionary<string, string> { ["0"] = "reward" };
        config["problem_type"] = "regression";
        TinyClassifier.WriteConfig(folder, config);
        var random = new Random(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
        var weights = Shape.Parameters().ToDictionary(static parameter => parameter.Name, parameter => Values(parameter.Length));
        float[] head = [.. Values(Shape.HiddenSize).Select(value => value * headScale)];
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), LlamaServingGraph.BuildReward(Shape, weights, head, Offset).ToByteArray());
    }
}
