using System.Diagnostics;
using GenAiLab.EndToEnd;

namespace GenAiLab.WebConsole.Tests;

/// <summary>What who runs the console in a container relies on.</summary>
public sealed class ServingTests(ConsoleFixture fixture)
{
    [Fact]
    public async Task The_program_asks_itself_for_its_health()
    {
        Assert.SkipUnless(ConsoleFixture.Obstacle is null, ConsoleFixture.Obstacle ?? "");
        Assert.Equal((0, ""), await ProbeAsync(fixture.Lab.ConsoleAddress));

        using var free = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        free.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var (code, errors) = await ProbeAsync($"http://{free.LocalEndPoint}");
        Assert.Equal(1, code);
        Assert.StartsWith("not healthy: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_does_not_listen_to_everyone_unless_told_to()
    {
        var (code, errors) = await RunAsync("http://0.0.0.0:0");
        Assert.NotEqual(0, code);
        Assert.Contains("AllowPublicWithoutKeys", errors, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Errors)> ProbeAsync(string url) => RunAsync(url, "--health");

    private static async Task<(int Code, string Errors)> RunAsync(string url, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GenAiLab.Console.dll"), .. arguments]);
        start.Environment["Kestrel__Endpoints__http__Url"] = url;
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        var (code, output, errors) = await Lab.RunAsync(start);
        return (code, errors + output);
    }
}
