using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using GenAiLab.V1;
using Grpc.Net.Client;

namespace GenAiLab.Decoder.Tests;

/// <summary>A service as a program of its own: one that cannot start says why, and every one ends in order.</summary>
public sealed class ServiceProgramTests
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

    [Fact]
    public async Task HoweverOftenItIsToldToEndItEndsInOrder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no signals");
        var models = Directory.CreateTempSubdirectory("decoder-tests-");
        try
        {
            using var process = Process.Start(Service(models.FullName, ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information")))!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(DecoderHost.Patience, TestContext.Current.CancellationToken)
                is { } line && !line.Contains("Application started", StringComparison.Ordinal))
            {
                // Not yet.
            }

            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var watch = Stopwatch.StartNew();
            while (!process.HasExited)
            {
                Assert.True(watch.Elapsed < DecoderHost.Patience, "it does not end");
                using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            Assert.Equal((0, ""), (process.ExitCode, await errors));
            Assert.Contains("shutting down", await output, StringComparison.Ordinal);
        }
        finally
        {
            models.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task AModelThatDoesNotFitIntoMemorySaysHowMuchItWants()
    {
        const int contextLength = 1 << 19;
        var models = Directory.CreateTempSubdirectory("decoder-tests-");
        try
        {
            // Its rotary tables alone take 32 MiB, and all managed memory is no more than 24.
            TinyModel.Write(models.FullName, "large", TinyModel.Graph(contextLength), TinyModel.Settings(contextLength));
            using var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            var address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
            free.Stop();
            using var process = Process.Start(Service(
                models.FullName, ("DOTNET_GCHeapHardLimit", "0x1800000"), ("Decoder__MemoryBudgetBytes", "1000000000"), ("Kestrel__Endpoints__grpc__Url", address), ("Kestrel__Endpoints__grpc__Protocols", "Http2"),
                ("Logging__LogLevel__Default", "Critical")))!;
            try
            {
                using var channel = GrpcChannel.ForAddress(address);
                var client = new V1.Decoder.DecoderClient(channel);
                DecoderDescription description;
                do
                {
                    // The call waits until the service listens.
                    description = (await client.ListDecodersAsync(new ListDecodersRequest(), DecoderHost.Options.WithWaitForReady())).Decoders.Single();
                }
                while (description.State == ModelState.Loading);

                Assert.Equal(ModelState.Failed, description.State);
                Assert.Matches("model.onnx: there is not enough memory for it: its weights take about [0-9,]+ bytes, and up to [0-9,]+ are for its KV cache", description.Failure);
            }
            finally
            {
                process.Kill();
            }
        }
        finally
        {
            models.Delete(recursive: true);
        }
    }

    private static async Task AssertFailsAsync(string reason, params (string Key, string Value)[] settings)
    {
        var models = Directory.CreateTempSubdirectory("decoder-tests-");
        try
        {
            var start = Service(models.FullName, [("Logging__LogLevel__Default", "Critical"), .. settings]);
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

    private static ProcessStartInfo Service(string models, params (string Key, string Value)[] settings)
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
            ("Models__Root", models), ("Kestrel__Endpoints__grpc__Url", "http://127.0.0.1:0"), ("Kestrel__Endpoints__http__Url", "http://127.0.0.1:0"),
            ("Lifetime__EndWithStandardInput", "true"), .. settings,
        ];
        foreach (var (key, value) in all)
        {
            start.Environment[key] = value;
        }

        return start;
    }
}
