using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace GenAiLab.EndToEnd.Faces;

/// <summary>The contract as JSON over HTTP, and what stays open beside it.</summary>
[Collection(FacesCollection.Name)]
public sealed class TranscodingTests(FacesLab lab)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_is_one_object_a_line()
    {
        using var client = lab.Client(lab.Key);
        using var response = await client.PostAsJsonAsync(
            "/v1/generate", new { text = "The capital of France is", maxTokens = 2, sampling = new { temperature = 0, seed = "18446744073709551615" } }, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var lines = (await response.Content.ReadAsStringAsync(Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("18446744073709551615", lines[0].GetProperty("started").GetProperty("seed").GetString());
        Assert.Equal(" Paris.", string.Concat(lines.Where(static line => line.TryGetProperty("token", out _)).Select(static line => line.GetProperty("token").GetProperty("text").GetString())));
        Assert.Equal("FINISH_REASON_MAX_TOKENS", lines[^1].GetProperty("finished").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Models_are_listed_beside_those_of_the_other_face()
    {
        using var client = lab.Client(lab.Key);
        var listing = await client.GetFromJsonAsync<JsonElement>("/v1/generators", Cancellation);

        Assert.Equal("lab-base", listing.GetProperty("defaultModel").GetString());
        Assert.Equal("list", (await client.GetFromJsonAsync<JsonElement>("/v1/models", Cancellation)).GetProperty("object").GetString());
    }

    [Theory]
    [InlineData("""{"text":"x","sampling":{"temperature":-1}}""", HttpStatusCode.BadRequest, "sampling.temperature")]
    [InlineData("""{"text":"x","model":"none"}""", HttpStatusCode.NotFound, "none")]
    [InlineData("""{"text":"x","colour":1}""", HttpStatusCode.BadRequest, "colour")]
    [InlineData("""{"text":"x","sampling":{"temprature":1}}""", HttpStatusCode.BadRequest, "sampling.temprature")]
    [InlineData("""{"text":""", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("""{"text":"x","\ud800":1}""", HttpStatusCode.BadRequest, "JSON")]
    public async Task Errors_are_statuses_with_their_details(string body, HttpStatusCode status, string named)
    {
        using var client = lab.Client(lab.Key);
        using var response = await client.PostAsync("/v1/generate", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(named, text, StringComparison.Ordinal);
        Assert.DoesNotContain("GenAiLab", text, StringComparison.Ordinal);
        var error = JsonDocument.Parse(text).RootElement;
        if (named.StartsWith("sampling", StringComparison.Ordinal))
        {
            Assert.Equal(named, error.GetProperty("details")[0].GetProperty("fieldViolations")[0].GetProperty("field").GetString());
        }
    }

    [Fact]
    public async Task Keys_are_wanted_and_probes_are_open()
    {
        using var nobody = lab.Client(null);
        using var poor = lab.Client(lab.PoorKey);
        using var rich = lab.Client(lab.Key);
        foreach (var path in new[] { "/v1/generate", "/v1/complete", "/v1/completions", "/v1/chat/completions", "/v1/embeddings" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(nobody, path, "{}"));
            Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(poor, path, "{}"));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/v1/models", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/v1/generators", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/health", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/alive", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync("/nothing", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await rich.GetAsync("/v1/models", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_body_is_as_long_as_a_message_may_be()
    {
        using var client = lab.Client(lab.Key);
        var large = $$"""{"prompt":"{{new string('a', 5 * 1024 * 1024)}}"}""";

        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(client, "/v1/completions", large));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(client, "/v1/generate", large));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(large, Encoding.UTF8, "application/json") };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.SendAsync(chunked, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, "/v1/completions", """{"prompt":"The","max_tokens":1}"""));
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_ask_unasked()
    {
        using var client = lab.Client(lab.Key);
        using var response = await client.PostAsync("/v1/completions", new StringContent("""{"prompt":"x"}""", Encoding.UTF8, "text/plain"), Cancellation);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public void Lab_up_prints_the_base_url() => Assert.Contains($"OpenAI clients: {lab.Http}/v1", lab.Output, StringComparison.Ordinal);

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, string path, string body) =>
        (await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancellation)).StatusCode;
}
