using System.Diagnostics;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.EndToEnd.Observing;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>
/// Machines whose wall clock is set while they work: forward, back, and right again (libfaketime; the monotonic clock goes on), and
/// with it their time zone, from one side of the date line to the other.
/// </summary>
public sealed class ClockTests : IDisposable
{
    private const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private const string Zones = "/usr/share/zoneinfo";

    // After so many tokens.
    private static readonly (int Tokens, string Offset, string Zone)[] Jumps =
        [(3, "+1h", "Pacific/Kiritimati"), (5, "-1d", "Pacific/Pago_Pago"), (7, "+30d", "America/St_Johns"), (9, "+0", "Etc/UTC")];
    private static readonly string[] Services = ["tokenizer", "classifier", "decoder", "orchestrator"];
    private readonly CopiedModels _models = new("lab-base", "lab-guard");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Clock => Path.Combine(_models.Root, "clock");

    private string Zone => Path.Combine(_models.Root, "zone");

    [Fact]
    public async Task No_deadline_is_early_and_no_duration_is_wrong_when_the_clock_is_set()
    {
        Assert.SkipUnless(File.Exists(FakeTime), "needs libfaketime (Debian: libfaketime)");
        Assert.SkipUnless(Directory.Exists(Zones), "needs time zones (Debian: tzdata)");
        Set("+0", "Etc/UTC");
        using var ports = new HeldPorts(Services.Length * 2);
        var began = Stopwatch.GetTimestamp();
        var processes = await Task.WhenAll(Services.Select(service =>
            ServiceProcess.StartAsync(service, Address(ports, service, "grpc"), Settings(ports, service), Cancellation)));
        try
        {
            var orchestrator = new V1.Orchestrator.OrchestratorClient(processes[^1].Channel);
            var calm = await GenerateAsync(orchestrator, []);
            var disturbed = await GenerateAsync(orchestrator, Jumps);

            Assert.Equal(calm, disturbed);
            await LeaveAsync(orchestrator);
            await AssertLeftAsync(Address(ports, "orchestrator", "http"));
            var elapsed = Stopwatch.GetElapsedTime(began);
            foreach (var service in Services)
            {
                AssertDurations(await Scrape.OfAsync(Address(ports, service, "http").ToString().TrimEnd('/'), Cancellation), elapsed);
            }
        }
        finally
        {
            foreach (var process in processes)
            {
                await process.DisposeAsync();
            }
        }
    }

    public void Dispose() => _models.Dispose();

    // Decoder, classifier and tokenizer are asked at every token, with what is left of the caller's deadline.
    private static AsyncServerStreamingCall<GenerateResponse> Generate(V1.Orchestrator.OrchestratorClient orchestrator)
    {
        var request = new GenerateRequest
        {
            Model = "lab-base",
            Text = "Once upon a time",
            MaxTokens = 12,
            Mode = LoopMode.Step,
            Sampling = new SamplingProgram { Seed = 1, BannedTokens = { 0 } },
            Guard = new Guard { Classifier = "lab-guard", Labels = { "harmful" }, Threshold = 1, Prompt = true, Output = true, Interval = 1 },
        };
        return orchestrator.Generate(request, deadline: DateTime.UtcNow + Limit, cancellationToken: Cancellation);
    }

    private async Task<IReadOnlyList<int>> GenerateAsync(V1.Orchestrator.OrchestratorClient orchestrator, (int Tokens, string Offset, string Zone)[] jumps)
    {
        List<int> tokens = [];
        using var call = Generate(orchestrator);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            if (response.EventCase == GenerateResponse.EventOneofCase.Token)
            {
                tokens.Add(response.Token.TokenId);
                foreach (var (_, offset, zone) in jumps.Where(jump => jump.Tokens == tokens.Count))
                {
                    Set(offset, zone);
                }
            }
        }

        return tokens;
    }

    // When the clock has been set far beyond the caller's deadline, in the middle of its generation.
    private async Task LeaveAsync(V1.Orchestrator.OrchestratorClient orchestrator)
    {
        using var call = Generate(orchestrator);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            if (response.EventCase == GenerateResponse.EventOneofCase.Token)
            {
                Set("+30d", "Etc/UTC");
                return;
            }
        }
    }

    private static async Task AssertLeftAsync(Uri http)
    {
        string[] ends;
        do
        {
            var scrape = await Scrape.OfAsync(http.ToString().TrimEnd('/'), Cancellation);
            ends = [.. scrape.Series.Where(static series => series.StartsWith("rpc_server_call_duration_seconds_count{", StringComparison.Ordinal) && series.Contains("Orchestrator/Generate", StringComparison.Ordinal))];
        }
        while (ends.Length < 2);
        Assert.Contains(ends, static end => end.Contains("\"CANCELLED\"", StringComparison.Ordinal));
        Assert.DoesNotContain(ends, static end => end.Contains("\"DEADLINE_EXCEEDED\"", StringComparison.Ordinal));
    }

    private static void AssertDurations(Scrape scrape, TimeSpan most)
    {
        var lines = scrape.Text.Split('\n');
        var sums = lines.Where(static line => line.Split('{')[0].EndsWith("_seconds_sum", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(sums);
        Assert.All(sums, line =>
        {
            var count = line[..(line.LastIndexOf(' ') + 1)].Replace("_seconds_sum", "_seconds_count", StringComparison.Ordinal);
            Assert.InRange(Value(line), 0, Value(lines.Single(other => other.StartsWith(count, StringComparison.Ordinal))) * most.TotalSeconds);
        });
    }

    private static double Value(string line) => double.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture);

    // libfaketime reads the file at each look at the clock, and must not find half of it.
    private void Set(string offset, string zone)
    {
        File.Copy(Path.Combine(Zones, zone), Zone + "~", overwrite: true);
        File.Move(Zone + "~", Zone, overwrite: true);
        File.WriteAllText(Clock + "~", offset);
        File.Move(Clock + "~", Clock, overwrite: true);
    }

    private IEnumerable<KeyValuePair<string, string?>> Settings(HeldPorts ports, string service) =>
    [
        new("LD_PRELOAD", FakeTime),
        new("FAKETIME_TIMESTAMP_FILE", Clock),
        new("FAKETIME_NO_CACHE", "1"),
        new("TZ", $":{Zone}"),
        new("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        new("Logging:LogLevel:Default", "None"),
        new("Telemetry:Prometheus", "true"),
        new("Models:Root", _models.Root),
        new("Models:Default", "lab-base"),
        new("Models:DefaultClassifier", "lab-guard"),
        new("Decoder:Threads", "1"),
        new("Kestrel:Endpoints:http:Url", Address(ports, service, "http").ToString()),
        .. Services.Select(other => new KeyValuePair<string, string?>($"services:{other}:grpc:0", Address(ports, other, "grpc").ToString())),
    ];

    private static Uri Address(HeldPorts ports, string service, string endpoint) =>
        new($"http://127.0.0.1:{ports.Numbers[(Array.IndexOf(Services, service) * 2) + (endpoint == "grpc" ? 0 : 1)]}");
}
