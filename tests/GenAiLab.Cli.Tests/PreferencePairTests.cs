using GenAiLab.Cli.Commands;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;
using ChatMessage = GenAiLab.V1.ChatMessage;

namespace GenAiLab.Cli.Tests;

/// <summary>From the store, embedded over a file of the test's own, to what a reward model trains on.</summary>
public sealed class PreferencePairTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("preference-pairs-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_preferred_answer_is_chosen_and_ties_are_left_out()
    {
        await using var lab = await StartAsync();
        await RecordAsync(lab, PreferredAnswer.A, "ada", "user");
        await RecordAsync(lab, PreferredAnswer.Tie, "ada", "user");
        await RecordAsync(lab, PreferredAnswer.B, "bob", "user", "assistant", "user");

        var pairs = await PreferencePairs.ReadAsync(lab, Cancellation);

        Assert.Equal([("first", "second", "ada"), ("second", "first", "bob")], pairs.Select(static pair => (pair.Chosen, pair.Rejected, pair.Source)));
        Assert.Equal([("user", "turn 1"), ("assistant", "turn 2"), ("user", "turn 3")], pairs[1].Prompt.Select(static message => (message.Role, message.Content)));
    }

    [Theory]
    [InlineData("user", "assistant")]
    [InlineData("system", "user")]
    [InlineData("user", "user")]
    public async Task A_conversation_that_the_chat_format_cannot_say_is_named(params string[] roles)
    {
        await using var lab = await StartAsync();
        var id = await RecordAsync(lab, PreferredAnswer.A, "ada", roles);

        var error = await Assert.ThrowsAsync<CommandException>(() => PreferencePairs.ReadAsync(lab, Cancellation));

        Assert.Contains(id, error.Message, StringComparison.Ordinal);
    }

    private Task<EmbeddedLab> StartAsync() => EmbeddedLab.StartAsync(
        EmbeddedServices.Preferences, modelsRoot: null, Cancellation, Path.Combine(_folder.FullName, "preferences.db"));

    private static async Task<string> RecordAsync(EmbeddedLab lab, PreferredAnswer preferred, string rater, params string[] roles)
    {
        var request = new RecordPreferenceRequest
        {
            Prompt = { roles.Select(static (role, at) => new ChatMessage { Role = role, Content = $"turn {at + 1}" }) },
            AnswerA = new ModelAnswer { Text = "first" },
            AnswerB = new ModelAnswer { Text = "second" },
            Preferred = preferred,
            Rater = rater,
        };
        return (await lab.Preferences.RecordPreferenceAsync(request, cancellationToken: Cancellation)).Preference.Id;
    }
}
