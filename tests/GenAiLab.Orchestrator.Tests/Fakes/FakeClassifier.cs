using System.Collections.Concurrent;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>
/// Classifiers without a model. "fake-guard" finds texts with <see cref="Harmful"/> in them harmful, "fake-letters" tells by
/// the last letter which of its labels it is, "fake-reward" likes even tokens.
/// </summary>
internal sealed class FakeClassifier : V1.Classifier.ClassifierBase
{
    public const string Guard = "fake-guard";
    public const string Letters = "fake-letters";
    public const string Reward = "fake-reward";

    /// <summary>Its labels do not exclude each other: it finds any text a little of both.</summary>
    public const string Traits = "fake-traits";

    public const string Images = "fake-images";

    /// <summary>What the guard finds harmful.</summary>
    public string Harmful { get; set; } = "bomb";

    /// <summary>Awaited before every answer.</summary>
    public Func<CancellationToken, Task> BeforeAnswer { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Texts that were classified, in order of their calls.</summary>
    public ConcurrentQueue<string> Texts { get; } = new();

    public ConcurrentQueue<TokenIds> Sequences { get; } = new();

    public override Task<ListClassifiersResponse> ListClassifiers(ListClassifiersRequest request, ServerCallContext context) =>
        Task.FromResult(new ListClassifiersResponse
        {
            DefaultClassifier = Guard,
            Classifiers =
            {
                Describe(Guard, ModelState.Ready, "harmless", "harmful"),
                Describe(Letters, ModelState.Ready, "x", "other"),
                Describe(Reward, ModelState.Ready, "reward"),
                Describe(Traits, ModelState.Ready, "rude", "sad"),
                Describe(Images, ModelState.Ready, "harmful"),
                Describe("fake-foreign", ModelState.Ready, "reward"),
                Describe("fake-broken", ModelState.Failed, "harmful"),
            },
        });

    public override async Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context)
    {
        if (request.InputCase == ClassifyRequest.InputOneofCase.Text)
        {
            Texts.Enqueue(request.Text);
        }
        else
        {
            Sequences.Enqueue(request.Tokens);
        }

        await BeforeAnswer(context.CancellationToken);
        var response = new ClassifyResponse { Model = request.Model };
        switch (request.Model)
        {
            case Guard:
                Add(response, ("harmful", request.Text.Contains(Harmful, StringComparison.Ordinal) ? 0.75f : 0.25f), "harmless");
                break;
            case Letters:
                Add(response, ("x", request.Text.EndsWith('x') ? 0.9f : 0.01f), "other");
                break;
            case Traits:
                response.Labels.Add(new LabelProbability { Label = "rude", Probability = 0.4f });
                response.Labels.Add(new LabelProbability { Label = "sad", Probability = 0.3f });
                break;
            case Reward:
                response.Labels.Add(new LabelProbability { Label = "reward", Probability = 0.5f, Logit = RewardOf(request.Tokens.Ids) });
                break;
        }

        return response;
    }

    /// <summary>What "fake-reward" says of a sequence.</summary>
    public static int RewardOf(IEnumerable<int> ids) => ids.Count(static id => id % 2 == 0);

    private static void Add(ClassifyResponse response, (string Label, float Probability) one, string other)
    {
        response.Labels.Add(new LabelProbability { Label = one.Label, Probability = one.Probability, Logit = one.Probability });
        response.Labels.Add(new LabelProbability { Label = other, Probability = 1 - one.Probability });
    }

    private static ClassifierDescription Describe(string name, ModelState state, params string[] labels) => new()
    {
        Name = name,
        State = state,
        Labels = { labels },
        ContextLength = 64,
        Modality = name == Images ? Modality.Image : Modality.Text,
        ExclusiveLabels = labels.Length > 1 && name != Traits,
        Vocabulary = name == "fake-foreign" ? "foreign" : FakeVocabulary.Name,
    };
}
