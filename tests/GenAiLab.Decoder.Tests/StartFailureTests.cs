using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace GenAiLab.Decoder.Tests;

/// <summary>A service, as a program of its own, that cannot start: it says why and ends in order.</summary>
public sealed class StartFailureTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task AnAddressThatIsTakenIsNamed(string endpoint)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        await AssertFailsAsync(address, ($"Kestrel__Endpoints__{endpoint}__Url", address));
    }

    [Fact]
    public Task ASettingOutOfRangeIsNamed() => AssertFailsAsync("a setting in the section Decoder is out of range", ("Decoder__Slots", "0"));

    private static async Task AssertFailsAsync(string reason, params (string Key, string Value)[] settings)
    {
        var models = Directory.CreateTempSubdirectory("decoder-tests-");
        try
        {
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GenAiLab.Decoder.dll")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = AppContext.BaseDirectory,
            };
            (string, string)[] all =
            [
                ("Models__Root", models.FullName), ("Kestrel__Endpoints__grpc__Url", "http://127.0.0.1:0"), ("Kestrel__Endpoints__http__Url", "http://127.0.0.1:0"),
                ("Lifetime__EndWithStandardInput", "true"), ("Logging__LogLevel__Default", "Critical"), .. settings,
            ];
            foreach (var (key, value) in all)
            {
                start.Environment[key] = value;
            }

            using var process = Process.Start(start)!;
            var lines = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken);
            var output = string.Concat(await lines);
            Assert.Equal((1, ""), (process.ExitCode, process.ExitCode == 1 ? "" : output));
            Assert.Contains("The service cannot start: ", output, StringComparison.Ordinal);
            Assert.Contains(reason, output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", output, StringComparison.Ordinal);
        }
        finally
        {
            models.Delete(recursive: true);
        }
    }
}
