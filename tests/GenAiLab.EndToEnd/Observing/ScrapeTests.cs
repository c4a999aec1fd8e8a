using System.Net;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>What leaves the services for those who watch them, and what must not.</summary>
[Collection(typeof(ObservedLabCollection))]
public sealed class ScrapeTests(ObservedLab lab)
{
    private static readonly string[] Asked = ["orchestrator", "tokenizer", "classifier", "decoder"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_service_is_scraped_at_its_http_endpoint_and_never_at_the_one_for_grpc()
    {
        foreach (var service in Asked.Append("preferences"))
        {
            var scrape = await Scrape.OfAsync(lab.Lab.Http(service), Cancellation);
            Assert.Contains($"service_name=\"{service}\"", scrape.Text, StringComparison.Ordinal);

            using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.GetAsync($"{lab.Lab.Grpc(service)}/metrics", Cancellation);
            Assert.Equal((service, HttpStatusCode.NotFound), (service, answer.StatusCode));
        }
    }

    [Fact]
    public async Task Names_that_callers_make_up_add_no_series()
    {
        await lab.LiveADayAsync();
        await GenerateForTenantAsync("tenant-known");
        var before = await OwnSeriesAsync();

        for (var number = 0; number < 200; number++)
        {
            await lab.AskForModelAsync($"made-up-{number}");
        }

        for (var number = 0; number < 50; number++)
        {
            await GenerateForTenantAsync($"made-up-{number}");
        }

        var after = await OwnSeriesAsync();
        Assert.Equal(before.Series, after.Series);
        Assert.Contains(before.Series, static series => series.Contains("rpc_response_status_code=\"NOT_FOUND\"", StringComparison.Ordinal));
        Assert.DoesNotContain("made-up", after.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("tenant-known", after.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_people_write_and_read_is_in_no_log_span_or_metric_at_the_finest_level()
    {
        const string Secret = "What is the capital of Germany? The capital of Germany is";
        var (traceId, text) = await lab.GenerateAsync(new GenerateRequest { Text = Secret, MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 }, Stop = { "sesame" } });
        var answer = text.Trim(' ', '.');
        Assert.True(answer.Length > 3, $"'{text}' is too common a word to be looked for");
        await lab.GenerateAsync(new GenerateRequest { Chat = new ChatMessages { Messages = { new ChatMessage { Role = "user", Content = Secret } } }, Model = "lab-chat", MaxTokens = 2 });
        await lab.Classifier.ClassifyAsync(new ClassifyRequest { Text = Secret }, ObservedLab.Options);
        await lab.Preferences.RecordPreferenceAsync(
            new RecordPreferenceRequest
            {
                Prompt = { new ChatMessage { Role = "user", Content = Secret } },
                AnswerA = new ModelAnswer { Text = Secret },
                AnswerB = new ModelAnswer { Text = "sesame" },
                Preferred = PreferredAnswer.A,
                Rater = "tester",
            },
            ObservedLab.Options);
        // Errors tell of what was wrong, to the caller alone.
        await Assert.ThrowsAsync<RpcException>(() => lab.GenerateAsync(new GenerateRequest { Text = Secret + string.Concat(Enumerable.Repeat(" sesame", 400)) }));
        await Assert.ThrowsAsync<RpcException>(() => lab.GenerateAsync(new GenerateRequest { Text = Secret, Stop = { new string('s', 100_000) } }));

        // A record of the log carries the trace that it belongs to: when the first call's is there, so are those before it.
        var id = Convert.FromHexString(traceId);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!lab.Recorder.Has("logs", id) || !lab.Recorder.Has("trace", id) || !lab.Recorder.Has("logs", "Generated 2 tokens with lab-base"))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        foreach (var word in new[] { Secret, answer, "sesame" })
        {
            Assert.False(lab.Recorder.Has(null, word), $"'{word}' is in the telemetry");
            Assert.DoesNotContain(word, lab.Lab.Output, StringComparison.Ordinal);
        }

        foreach (var service in Asked)
        {
            Assert.DoesNotContain(answer, (await Scrape.OfAsync(lab.Lab.Http(service), Cancellation)).Text, StringComparison.Ordinal);
        }
    }

    private async Task GenerateForTenantAsync(string tenant)
    {
        using var call = lab.Decoder.GenerateTokens(
            new GenerateTokensRequest
            {
                Prompt = new TokenIds { Ids = { 1, 2 } },
                MaxTokens = 1,
                Sampling = new SamplingProgram { Temperature = 0 },
                Admission = new Admission { Tenant = tenant },
            },
            ObservedLab.Options);
        while (await call.ResponseStream.MoveNext(Cancellation))
        {
        }
    }

    private async Task<(List<string> Series, string Text)> OwnSeriesAsync()
    {
        var scrapes = await Task.WhenAll(Asked.Select(service => Scrape.OfAsync(lab.Lab.Http(service), Cancellation)));
        return ([.. scrapes.SelectMany(static scrape => scrape.Own)], string.Join('\n', scrapes.Select(static scrape => scrape.Text)));
    }
}
