using GenAiLab.Client;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Preferences.Tests;

/// <summary>What is over a limit is refused by the name of its field, and nothing is stored.</summary>
public sealed class LimitTests
{
    public static TheoryData<string, Action<RecordPreferenceRequest>> Refused() => new()
    {
        { "id", static request => request.Id = "with space" },
        { "id", static request => request.Id = new string('i', 65) },
        { "prompt", static request => request.Prompt.Clear() },
        { "prompt", static request => request.Prompt.Add(Enumerable.Repeat(new ChatMessage { Role = "user", Content = "x" }, 256)) },
        // 65,537 bytes, in characters of three.
        { "prompt", static request => request.Prompt[0].Content = new string('€', 21_844) + "1" },
        { "prompt[0].role", static request => request.Prompt[0].Role = "" },
        { "prompt[0].role", static request => request.Prompt[0].Role = new string('r', 33) },
        { "prompt[0].role", static request => request.Prompt[0].Role = "us\0er" },
        { "answer_a", static request => request.AnswerA = null },
        { "answer_b", static request => request.AnswerB = null },
        { "answer_a.text", static request => request.AnswerA.Text = new string('a', (64 * 1024) + 1) },
        { "answer_b.text", static request => request.AnswerB.Text = new string('é', (32 * 1024) + 1) },
        { "answer_a.model", static request => request.AnswerA.Model = new string('m', 129) },
        { "answer_b.model", static request => request.AnswerB.Model = "lab\u001b[2J" },
        { "preferred", static request => request.Preferred = PreferredAnswer.Unspecified },
        { "preferred", static request => request.Preferred = (PreferredAnswer)7 },
        { "rater", static request => request.Rater = "" },
        { "rater", static request => request.Rater = new string('é', 65) },
        { "rater", static request => request.Rater = "a\nb" },
    };

    [Fact]
    public async Task What_is_over_a_limit_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        await using var host = await PreferencesHost.StartAsync(folder.File("preferences.db"));
        foreach (var (field, spoil) in Refused().Select(static row => row.Data))
        {
            var request = Calls.Request();
            spoil(request);

            var error = await Assert.ThrowsAsync<RpcException>(() => host.RecordAsync(request));

            Assert.Equal((field, StatusCode.InvalidArgument), (Assert.Single(error.GetFieldViolations()).Field, error.StatusCode));
        }

        Assert.Equal(0, await host.CountAsync());
    }

    [Fact]
    public async Task What_is_at_a_limit_is_stored()
    {
        using var folder = new TemporaryFolder();
        await using var host = await PreferencesHost.StartAsync(folder.File("preferences.db"));
        var request = Calls.Request(id: new string('Z', 64), rater: new string('é', 64));
        request.Prompt.Clear();
        request.Prompt.Add(Enumerable.Repeat(new ChatMessage { Role = "user", Content = new string('x', 252) }, 256));
        request.AnswerA.Text = new string('é', 32 * 1024);

        var stored = await host.RecordAsync(request);

        Assert.Equal((request.Prompt, request.AnswerA, request.Rater), (stored.Prompt, stored.AnswerA, stored.Rater));
    }

    [Fact]
    public async Task A_time_out_of_range_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var host = await PreferencesHost.StartAsync(folder.File("preferences.db"));
        foreach (var spoil in new Action<Preference>[]
        {
            static preference => preference.Time = null,
            static preference => preference.Time.Seconds = long.MaxValue,
            static preference => preference.Time.Nanos = -1,
        })
        {
            var preference = Calls.Preference("a", Calls.Day(1));
            spoil(preference);
            var error = await Assert.ThrowsAsync<RpcException>(() => host.ImportAsync(preference));
            Assert.Equal("record[1].time", Assert.Single(error.GetFieldViolations()).Field);
        }
    }

    [Fact]
    public async Task Streams_beyond_the_bound_are_refused_and_a_place_comes_free()
    {
        using var folder = new TemporaryFolder();
        await using var host = await PreferencesHost.StartAsync(folder.File("preferences.db"), ("Preferences:MaximumStreams", "1"));
        using var first = host.Client.ImportPreferences(PreferencesHost.Options());
        await first.RequestStream.WriteAsync(new ImportPreferencesRequest { Preference = Calls.Preference("a", Calls.Day(1)) }, TestContext.Current.CancellationToken);
        await host.RecordAsync(Calls.Request());
        RpcException? refused = null;
        while (refused is null)
        {
            // Until the first import has arrived.
            try
            {
                await host.Client.ExportAsync();
            }
            catch (RpcException error)
            {
                refused = error;
            }
        }

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.NotNull(refused.GetRetryDelay());
        await first.RequestStream.CompleteAsync();
        await first.ResponseAsync;
        Assert.Equal(2, (await host.Client.ExportAsync()).Count);
    }
}
