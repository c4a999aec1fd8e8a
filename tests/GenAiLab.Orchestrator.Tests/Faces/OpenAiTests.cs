using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;

namespace GenAiLab.Orchestrator.Tests.Faces;

/// <summary>OpenAI's HTTP where things go wrong, or tokens and texts part company; over HTTP/2.</summary>
public sealed class OpenAiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_leaves_ends_the_decoders_work()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (generated, cancellation) => generated < 2 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
        using (var client = Client(lab))
        {
            using var response = await SendAsync(client, new { prompt = "x", stream = true, max_tokens = 40 });
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
            Assert.StartsWith("data: {", await reader.ReadLineAsync(Cancellation).AsTask().Patiently(), StringComparison.Ordinal);
        }

        await lab.Decoder.Cancelled.Patiently();
    }

    [Fact]
    public async Task What_fails_before_the_first_token_is_a_status_of_a_stream_too()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (_, _) => throw RpcErrors.ResourceExhausted("every slot is taken", TimeSpan.FromSeconds(2.5));
        using var client = Client(lab);

        using var response = await SendAsync(client, new { prompt = "x", stream = true });

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("3", response.Headers.GetValues("Retry-After").Single());
        Assert.Equal("2500", response.Headers.GetValues("retry-after-ms").Single());
        Assert.Equal("rate_limit_exceeded", (await ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task What_fails_later_is_the_streams_last_event()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (generated, _) => generated < 2 ? Task.CompletedTask : throw new InvalidOperationException("secret");
        using var client = Client(lab);

        using var response = await SendAsync(client, new { prompt = "x", stream = true, max_tokens = 40 });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(events.Length > 1);
        Assert.StartsWith("data: {\"error\":{", events[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_character_of_several_tokens_is_told_by_its_bytes()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script([.. FakeVocabulary.Bytes("é"), FakeVocabulary.Id("x"), FakeVocabulary.EndOfSequence]);
        using var client = Client(lab);

        using var response = await SendAsync(client, new { prompt = "x", logprobs = 0 });

        var logprobs = (await JsonAsync(response)).GetProperty("choices")[0].GetProperty("logprobs");
        Assert.Equal(["bytes:\\xc3", "bytes:\\xa9", "x"], Strings(logprobs.GetProperty("tokens")));
        Assert.Equal([0, 1, 1], logprobs.GetProperty("text_offset").EnumerateArray().Select(static item => item.GetInt32()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tokens_that_a_stop_sequence_takes_back_are_not_told(bool stream)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.Id("EN"), FakeVocabulary.Id("x"), FakeVocabulary.Id("EN"), FakeVocabulary.Id("D."));
        using var client = Client(lab);

        using var response = await SendAsync(client, new { prompt = "x", logprobs = 0, stop = "END", stream });

        var choices = stream
            ? (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Where(static line => line != "data: [DONE]").Select(static line => JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("choices")[0]).ToList()
            : [(await JsonAsync(response)).GetProperty("choices")[0]];
        Assert.Equal("HelloENx", string.Concat(choices.Select(static choice => choice.GetProperty("text").GetString())));
        Assert.Equal(["Hello", "EN", "x"], choices.Select(static choice => choice.GetProperty("logprobs")).Where(static told => told.ValueKind == JsonValueKind.Object)
            .SelectMany(static told => Strings(told.GetProperty("tokens"))));
        Assert.Equal("stop", choices[^1].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("""{"prompt": "x", "max_tokens": 1.5}""", "max_tokens")]
    [InlineData("""{"prompt": "x", "max_tokens": "2"}""", "max_tokens")]
    [InlineData("""{"prompt": "x", "max_tokens": 0}""", "max_tokens")]
    [InlineData("""{"prompt": "x", "n": 17}""", "n")]
    [InlineData("""{"prompt": "x", "n": 2, "best_of": 1}""", "best_of")]
    [InlineData("""{"prompt": "x", "best_of": 2, "stream": true}""", "best_of")]
    [InlineData("""{"prompt": "x", "stop": 3}""", "stop")]
    [InlineData("""{"prompt": "x", "stop": ["a", 3]}""", "stop")]
    [InlineData("""{"prompt": "x", "logit_bias": {"a": 1}}""", "logit_bias")]
    [InlineData("""{"prompt": "x", "logit_bias": {"99999": 1}}""", "logit_bias")]
    [InlineData("""{"prompt": "x", "temperature": 1e999}""", "temperature")]
    [InlineData("""{"prompt": "x", "mirostat": 1}""", "mirostat")]
    [InlineData("""{"prompt": "x", "logprobs": 21}""", "logprobs")]
    [InlineData("""{"prompt": "x", "stream_options": {"include_usage": true}}""", "stream_options")]
    [InlineData("""{"prompt": "x", "stream": true, "stream_options": {"colour": 1}}""", "stream_options")]
    [InlineData("""{"prompt": "x", "guided_regex": "a", "guided_choice": ["a"]}""", "guided_choice")]
    [InlineData("""{"prompt": "x", "guided_choice": ["a", "a"]}""", "guided_choice")]
    [InlineData("""{"prompt": "x", "guided_regex": "("}""", "guided_regex")]
    [InlineData("""{"prompt": "x", "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "colour"}}}}""", "response_format")]
    [InlineData("""{"prompt": "x", "mirostat": 2, "top_k": 3}""", "mirostat")]
    [InlineData("""{"prompt": "\ud800"}""", "body")]
    [InlineData("""{"prompt": []}""", "prompt")]
    [InlineData("""{"prompt": ["x", 3]}""", "prompt")]
    [InlineData("""{"prompt": ""}""", "prompt")]
    [InlineData("""{}""", "prompt")]
    [InlineData("""{"prompt": "x", "prompt": "y"}""", "body")]
    [InlineData("""[]""", "body")]
    [InlineData("""{"prompt": """, "body")]
    public async Task What_cannot_be_obeyed_is_refused_by_name(string body, string param)
    {
        await using var lab = await FakeLab.StartAsync();
        using var client = Client(lab);

        using var response = await client.PostAsync("/v1/completions", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation).Patiently();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await ErrorAsync(response);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.StartsWith(param, error.GetProperty("param").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, lab.Decoder.Begun);
    }

    private static HttpClient Client(FakeLab lab) => new()
    {
        BaseAddress = new Uri($"http://{lab.Channel.Target}"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, object body) => client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(body), Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
        HttpCompletionOption.ResponseHeadersRead, Cancellation).Patiently();

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation).Patiently();

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) => (await JsonAsync(response)).GetProperty("error");

    private static IEnumerable<string> Strings(JsonElement array) => array.EnumerateArray().Select(static item => item.GetString()!);
}
