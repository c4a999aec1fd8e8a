using System.Net;
using System.Net.NetworkInformation;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using GenAiLab.EndToEnd;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A console that other machines can reach lets nobody in who does not know its token.</summary>
public sealed class AccessTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    private const string Token = "correct-horse-battery-staple-7Q";
    private const string Public = "http://*:0";

    [Fact]
    public async Task Without_the_token_there_is_a_sign_in_page_and_nothing_else()
    {
        await using var console = await StartAsync();
        using var http = Client(console);
        foreach (var name in ConsoleFixture.Pages.Select(static row => row.Data).Append("").Append("nothing"))
        {
            using var page = await GetAsync(http, $"/{name}");
            Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
            Assert.Equal($"/sign-in?to=%2F{name}", page.Headers.Location!.PathAndQuery);
            using var script = await http.GetAsync(new Uri($"/{name}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, script.StatusCode);
        }

        using var hub = await http.PostAsync(new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, hub.StatusCode);
        using var socket = new ClientWebSocket();
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{console.Port}/_blazor?id=x"), TestContext.Current.CancellationToken));
        Assert.Contains("401", refused.Message, StringComparison.Ordinal);
        using var health = await http.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        // By whatever name other machines know it.
        using var named = new HttpRequestMessage(HttpMethod.Get, "/sign-in") { Headers = { Host = "lab.example" } };
        using var shown = await http.SendAsync(named, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
    }

    [Fact]
    public async Task The_token_opens_the_pages_and_another_one_does_not()
    {
        await using var console = await StartAsync();
        using var http = Client(console);
        var form = await FormAsync(http, "/sign-in?to=%2Ftokens");

        using var forged = await PostAsync(http, new() { ["token"] = Token, ["to"] = "/tokens" });
        Assert.InRange((int)forged.StatusCode, 400, 401);
        Assert.DoesNotContain("Set-Cookie", forged.Headers.Select(static header => header.Key));
        using var wrong = await PostAsync(http, new(form) { ["token"] = Token + "x" });
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Contains("That is not the token.", await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using (var still = await GetAsync(http, "/tokens"))
        {
            Assert.Equal(HttpStatusCode.Redirect, still.StatusCode);
        }

        using var right = await PostAsync(http, new(form) { ["token"] = Token });
        Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        Assert.Equal("/tokens", right.Headers.Location!.OriginalString);
        var cookie = Assert.Single(right.Headers.GetValues("Set-Cookie"), static value => value.StartsWith("genailab-console=", StringComparison.Ordinal));
        Assert.Contains("; samesite=strict; httponly", cookie, StringComparison.Ordinal);
        using var page = await GetAsync(http, "/tokens");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using var hub = await http.PostAsync(new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, hub.StatusCode);
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example")]
    public async Task A_link_to_the_sign_in_page_sends_nobody_to_another_site(string target)
    {
        await using var console = await StartAsync();
        using var http = Client(console);
        using var signed = await PostAsync(http, new(await FormAsync(http, $"/sign-in?to={Uri.EscapeDataString(target)}")) { ["token"] = Token });
        Assert.Equal("/", signed.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task An_address_that_tries_too_often_waits_and_no_token_is_in_the_log()
    {
        await using var console = await StartAsync(new("Logging:LogLevel:Default", "Trace"), new("Logging:LogLevel:Microsoft", "Trace"), new("Logging:LogLevel:Microsoft.AspNetCore", "Trace"));
        using var http = Client(console);
        var form = await FormAsync(http, "/sign-in");
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var wrong = await PostAsync(http, new(form) { ["token"] = $"guess-number-{attempt}-of-the-token" });
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var refused = await PostAsync(http, new(form) { ["token"] = Token });
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(1), refused.Headers.RetryAfter?.Delta);
        using var health = await http.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains("/sign-in", console.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, console.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("guess-number", console.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_could_be_guessed_is_refused_and_so_is_a_file_that_is_not_there()
    {
        var guessed = await Assert.ThrowsAsync<InvalidOperationException>(() => StartedConsole.StartAsync(Public, [new("Console:Token", "hunter2")]));
        Assert.Contains("Console:Token must have 22 characters at least", guessed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", guessed.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => StartedConsole.StartAsync(Public, [new("Console:TokenFile", "/nowhere/token")]));
        Assert.Contains("Console:TokenFile (/nowhere/token) cannot be read", missing.Message, StringComparison.Ordinal);
        var open = await Assert.ThrowsAsync<InvalidOperationException>(() => StartedConsole.StartAsync(Public, []));
        Assert.Contains("Give it a token (Console:Token or Console:TokenFile, or lab up --public)", open.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_printed_token_signs_a_browser_in_and_the_services_stay_on_loopback(ColorScheme scheme)
    {
        await using var lab = await LabProcess.StartWithConsoleAsync(cancellation: TestContext.Current.CancellationToken, options: ["--public"]);
        var token = Regex.Match(lab.Output, @"Its token:\s+([0-9a-f]{40})$", RegexOptions.Multiline).Groups[1].Value;
        var port = new Uri(lab.ConsoleAddress).Port;
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        Assert.Contains(listening, endpoint => endpoint.Port == port && !IPAddress.IsLoopback(endpoint.Address));
        int[] services = [.. new[] { "orchestrator", "tokenizer", "classifier", "decoder", "preferences" }.SelectMany(service => new[] { new Uri(lab.Grpc(service)).Port, new Uri(lab.Http(service)).Port })];
        Assert.All(listening.Where(endpoint => services.Contains(endpoint.Port)), static endpoint => Assert.True(IPAddress.IsLoopback(endpoint.Address)));

        var page = await NewPageAsync(scheme, width: 360, height: 740);
        await page.GotoAsync($"http://127.0.0.1:{port}/stages");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await AssertAccessibleAsync(page);
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await KeepAsync(page, $"sign-in-{scheme.ToString().ToLowerInvariant()}");
        await Expect(page.GetByLabel("Token")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(token);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Stages" })).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask all three" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "lab-chat" })).ToContainTextAsync("nats a token");
        Assert.DoesNotContain(token, page.Url, StringComparison.Ordinal);
        // The lab ends before the browser does.
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_token_of_the_operator_is_used_and_not_printed()
    {
        await using var lab = await LabProcess.StartWithConsoleAsync(
            new Dictionary<string, string> { ["GENAILAB_CONSOLE_TOKEN"] = Token }, TestContext.Current.CancellationToken, "--public");
        Assert.Contains("that of GENAILAB_CONSOLE_TOKEN", lab.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, lab.Output, StringComparison.Ordinal);
        using var http = Client(new Uri(lab.ConsoleAddress).Port);
        using var signed = await PostAsync(http, new(await FormAsync(http, "/sign-in")) { ["token"] = Token });
        Assert.Equal(HttpStatusCode.Redirect, signed.StatusCode);
    }

    private static Task<StartedConsole> StartAsync(params KeyValuePair<string, string>[] settings) => StartedConsole.StartAsync(Public, settings.Append(new("Console:Token", Token)));

    private static HttpClient Client(StartedConsole console) => Client(console.Port);

    private static HttpClient Client(int port) => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/html" } } };
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    // What a browser would send of the form, but for the token.
    private static async Task<Dictionary<string, string>> FormAsync(HttpClient http, string address)
    {
        var page = await http.GetStringAsync(new Uri(address, UriKind.Relative), TestContext.Current.CancellationToken);
        return Regex.Matches(page, "<input type=\"hidden\" name=\"([^\"]+)\"(?: value=\"([^\"]*)\")?").ToDictionary(
            static field => field.Groups[1].Value, static field => WebUtility.HtmlDecode(field.Groups[2].Value));
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, Dictionary<string, string> fields)
    {
        using var form = new FormUrlEncodedContent(fields);
        return await http.PostAsync(new Uri("/sign-in", UriKind.Relative), form, TestContext.Current.CancellationToken);
    }
}
