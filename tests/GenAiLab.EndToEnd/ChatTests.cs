namespace GenAiLab.EndToEnd;

/// <summary><c>lab chat</c> and <c>lab compare</c>, as a user types or pipes them, with models of random weights.</summary>
public sealed class ChatTests(ChatTests.Models models) : IClassFixture<ChatTests.Models>
{
    [Fact]
    public async Task Each_piped_line_is_a_turn_until_the_input_ends()
    {
        var (exitCode, output, errors) = await ChatAsync(["My name is Ada.", "", "What is", "/new", "My name is Ada.", "/quit", "never asked"]);

        Assert.Equal(0, exitCode);
        Assert.Contains("lab-chat, window 64 tokens", errors, StringComparison.Ordinal);
        Assert.Contains("stateless", errors, StringComparison.Ordinal);
        var answers = output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, answers.Length);
        Assert.All(answers, static answer => Assert.NotEqual("", answer));
        Assert.Equal(answers[0], answers[2]); // What /new forgot does not show.
    }

    [Fact]
    public async Task The_history_makes_the_difference_and_without_it_there_is_none()
    {
        string[] lines = ["My name", "is Ada.", "is Ada."];
        var (_, with, _) = await ChatAsync(lines);
        var (_, without, errors) = await ChatAsync(lines, "--no-history");

        Assert.Contains("No history is sent", errors, StringComparison.Ordinal);
        var kept = with.TrimEnd('\n').Split('\n');
        var alone = without.TrimEnd('\n').Split('\n');
        Assert.Equal(kept[0], alone[0]);
        Assert.Equal(alone[1], alone[2]);
        Assert.NotEqual(kept[1], kept[2]);
    }

    [Fact]
    public async Task When_the_window_is_full_the_oldest_turns_go_and_it_is_said()
    {
        var (exitCode, output, errors) = await ChatAsync([.. Enumerable.Repeat("What is the name", 6), new string('x', 200), "What"]);

        Assert.Contains("no longer fits in the window of 64 tokens: the oldest turn is forgotten", errors, StringComparison.Ordinal);
        Assert.Contains("prompt: ", errors, StringComparison.Ordinal); // The long line alone is too long, and the conversation goes on.
        Assert.Contains("1 of the lines were not answered", errors, StringComparison.Ordinal);
        Assert.Equal((1, 7), (exitCode, output.TrimEnd('\n').Split('\n').Length));
    }

    [Theory]
    [InlineData("lab-base", "has no chat template")]
    [InlineData("no-such", "there is no model 'no-such'")]
    public async Task A_model_that_does_not_converse_is_refused_with_those_that_do(string model, string reason)
    {
        var (exitCode, output, errors) = await ChatAsync(["x"], "--model", model);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        Assert.Contains("models that converse: lab-chat", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_are_compared_in_one_table()
    {
        var (exitCode, output, errors) = await Lab.RunAsync("compare", "What is the capital of France?", "--models-root", models.Folder.Root);

        Assert.Equal(("", 0), (errors, exitCode));
        var rows = output.Split('\n').Where(static line => line.Contains("lab-", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, rows.Count);
        Assert.Matches(@"lab-base +│ the text as it stands +│ "".* │ +\d+ │ +-\d+\.\d{3} │", rows[0]);
        Assert.Matches(@"lab-chat +│ by its chat template +│ "".* │ +\d+ │ +-\d+\.\d{3} │", rows[1]);
        Assert.Contains("log-prob./token", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_to_compare_are_chosen_by_name()
    {
        var (exitCode, output, _) = await Lab.RunAsync("compare", "What", "--models", "lab-chat, lab-chat", "--models-root", models.Folder.Root);
        Assert.Equal((0, 2), (exitCode, output.Split('\n').Count(static line => line.Contains("lab-chat", StringComparison.Ordinal))));
        Assert.DoesNotContain("lab-base", output, StringComparison.Ordinal);

        var (failed, _, errors) = await Lab.RunAsync("compare", "What", "--models", "lab-none", "--models-root", models.Folder.Root);
        Assert.Equal(1, failed);
        Assert.Contains("there is no model 'lab-none'; there is: lab-base, lab-chat", errors, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output, string Errors)> ChatAsync(string[] lines, params string[] arguments)
    {
        // Greedy and short, so that answers are one line of text and turns fit in the window.
        var start = Lab.StartInfo(["chat", "--models", models.Folder.Root, "--temperature", "0", "--max-tokens", "4", .. arguments]);
        return await Lab.RunAsync(start, string.Join('\n', lines));
    }

    public sealed class Models : IDisposable
    {
        internal ChatModels Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }
}
