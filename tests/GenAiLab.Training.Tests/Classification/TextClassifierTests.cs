using GenAiLab.Training.Classification;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Tests.Classification;

/// <summary>The classifier's training at a size that takes a second, through its serving graph.</summary>
public sealed class TextClassifierTests
{
    private const int Vocabulary = 20;

    private static readonly TextClassifierOptions Options = new()
    {
        Threads = 1,
        Steps = 300,
        BatchSize = 16,
        Length = 8,
        Width = 8,
        Hidden = 8,
        PairBuckets = 64,
        LearningRate = 2e-2f,
    };

    [Fact]
    public void Pairs_see_the_order_of_words_and_single_tokens_do_not()
    {
        Assert.Equal(1, Accuracy(Options), 0.02);
        Assert.InRange(Accuracy(Options with { PairBuckets = 0 }), 0.2, 0.8);
    }

    [Fact]
    public void Padding_on_the_right_and_company_change_nothing()
    {
        var training = new TextClassifierTraining(Options, Vocabulary, labels: 2);
        var graph = training.ServingGraph(training.Run(Examples(1), null, TestContext.Current.CancellationToken)).ToByteArray();

        var alone = Logits(graph, [[3, 5, 7]], [[1, 1, 1]]);
        var padded = Logits(graph, [[3, 5, 7, 0, 0], [4, 9, 2, 11, 6]], [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]);

        Assert.Equal(alone[..2], padded[..2], new Close());
        Assert.Equal(2, Logits(graph, [[3]], [[1]]).Length);
    }

    [Fact]
    public void A_seed_gives_the_same_weights_and_another_seed_others()
    {
        float[] Train(int seed) =>
            new TextClassifierTraining(Options with { Seed = seed, Steps = 10 }, Vocabulary, labels: 2)
                .Run(Examples(1), null, TestContext.Current.CancellationToken)["embedding"];

        Assert.Equal(Train(1), Train(1));
        Assert.NotEqual(Train(1), Train(2));
    }

    private static double Accuracy(TextClassifierOptions options)
    {
        var training = new TextClassifierTraining(options, Vocabulary, labels: 2);
        var graph = training.ServingGraph(training.Run(Examples(1), null, TestContext.Current.CancellationToken)).ToByteArray();
        return Examples(2).Average(example =>
        {
            var logits = Logits(graph, [[.. example.Ids.Select(static id => (long)id)]], [[.. example.Ids.Select(static _ => 1L)]]);
            return (logits[1] > logits[0] ? 1 : 0) == example.Label ? 1.0 : 0;
        });
    }

    // Whether 1 stands right before 2 or right after it, among other tokens.
    private static List<LabelledTokens> Examples(int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, 200).Select(_ =>
            {
                var label = random.Next(2);
                int[] others = [.. Enumerable.Range(0, 4).Select(_ => random.Next(3, Vocabulary))];
                return new LabelledTokens([.. others[..2], .. label == 0 ? (int[])[1, 2] : [2, 1], .. others[2..]], label);
            }),
        ];
    }

    private static float[] Logits(byte[] graph, long[][] ids, long[][] mask)
    {
        using var session = new InferenceSession(graph);
        using var run = new RunOptions();
        using var idValue = OrtValue.CreateTensorValueFromMemory([.. ids.SelectMany(static row => row)], [ids.Length, ids[0].Length]);
        using var maskValue = OrtValue.CreateTensorValueFromMemory([.. mask.SelectMany(static row => row)], [ids.Length, ids[0].Length]);
        using var outputs = session.Run(run, ["input_ids", "attention_mask"], [idValue, maskValue], ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private sealed class Close : IEqualityComparer<float>
    {
        public bool Equals(float one, float other) => Math.Abs(one - other) < 1e-4;

        public int GetHashCode(float value) => 0;
    }
}
