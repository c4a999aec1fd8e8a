using GenAiLab.Client;
using Microsoft.Extensions.AI;

namespace GenAiLab.EndToEnd;

/// <summary>
/// Answers as .NET values: the schemas that Microsoft.Extensions.AI makes of types are constraints that the lab takes, and
/// its texts are values, even of a model that is too hot to make sense.
/// </summary>
public sealed class StructuredOutputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_answer_is_a_value_of_the_type_that_was_asked_for()
    {
        await using var lab = await LabProcess.StartAsync("inproc", cancellation: TestContext.Current.CancellationToken);
        using var client = new LabChatClient(new Uri(lab.Grpc("orchestrator")), "lab-chat");

        await ValueAsync<bool>(client);
        await ValueAsync<int[]>(client);
        await ValueAsync<Kind>(client);
        await ValueAsync<Guid>(client);
        await ValueAsync<DateTimeOffset>(client);
        await ValueAsync<List<Animal>>(client);
        await ValueAsync<Farm>(client);
        await ValueAsync<Herd>(client);
    }

    private static async Task ValueAsync<T>(LabChatClient client)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var options = new ChatOptions { Temperature = 2, Seed = seed, MaxOutputTokens = 200 };
            var response = await client.GetResponseAsync<T>("How many legs has a cow?", options, cancellationToken: TestContext.Current.CancellationToken)
                .WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.True(response.TryGetResult(out _), $"{typeof(T)}, seed {seed}: {response.Text}");
        }
    }

    private enum Kind
    {
        Cow,
        Dog,
    }

    private sealed record Animal(string Name, Kind Kind, double? Weight);

    private sealed record Farm(Dictionary<string, int> Legs, Animal First, string? Note = null);

    private sealed record Herd(Animal Head, Herd? Rest);
}
