using System.Diagnostics;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Fleet;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>
/// Decoders that are killed under the streams they run. Some dozen streams are cut; with <c>GENAILAB_SOAK=1</c> two hundred
/// generations are, which takes minutes.
/// </summary>
[Trait("Soak", "Kill")]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Clients = 10;
    private const int ShortRun = 12;
    private const int LongRun = 200;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private readonly CopiedModels _models = new("lab-base", "lab-draft");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    [Fact]
    public async Task Generations_whose_decoder_is_killed_end_with_the_tokens_of_an_undisturbed_run()
    {
        var wanted = IsLong ? LongRun : ShortRun;
        var different = KillRequests.Count * (IsLong ? 8 : 2);
        await using var lab = await FleetLab.StartAsync(Settings, Cancellation).WaitAsync(Limit, Cancellation);
        var began = Stopwatch.GetTimestamp();
        List<SeenGeneration> calm = [];
        foreach (var numbers in Enumerable.Range(0, different).Chunk(Clients))
        {
            calm.AddRange(await Task.WhenAll(numbers.Select(number => RunAsync(lab, number, null))).WaitAsync(Limit, Cancellation));
        }

        Assert.All(calm, static generation => Assert.False(generation.WasCut));
        var ordinary = Stopwatch.GetElapsedTime(began).TotalSeconds * Clients / different;
        var random = new Random(6);
        List<SeenGeneration> disturbed = [];
        var (cut, kills, next) = (0, 0, 0);
        while (cut < wanted)
        {
            int[] numbers = [.. Enumerable.Range(next, Clients).Select(number => number % different)];
            next += Clients;
            var seen = await DisturbAsync(lab, numbers, random.Next(1, calm.Take(Clients).Sum(static one => one.Tokens.Sum(static tokens => tokens.Count)) / 2));
            kills++;
            foreach (var (number, generation) in numbers.Zip(seen))
            {
                Assert.True(AreEqual(calm[number], generation), $"{KillRequests.Name(number)}, request {number}, {Difference(calm[number], generation)}");
            }

            disturbed.AddRange(seen);
            cut += seen.Count(static generation => generation.WasCut);
            output.WriteLine($"{kills} kills cut {cut} generations");
            Assert.True(kills <= 8 + wanted, $"{kills} kills cut {cut} generations");
        }

        double[] pauses = [.. disturbed.SelectMany(static generation => generation.Pauses)];
        Assert.True(pauses.Length > 0);
        output.WriteLine(
            $"{kills} kills cut {cut} of {disturbed.Count} generations ({pauses.Length} streams); all {disturbed.Count} ended with the tokens of an undisturbed run. "
            + $"Pause p50 {Statistics.Median(pauses):0.000} s, p99 {Statistics.Percentile(pauses, 99):0.000} s; an undisturbed generation takes {ordinary:0.00} s.");
    }

    public void Dispose() => _models.Dispose();

    private FleetSettings Settings => new(_models.Root, "lab-base", Replicas: 2)
    {
        // One decoder alone has room for all. Only the dead are to be left, not those that a busy machine makes slow.
        Decoder = [new("Decoder:Slots", "40"), new("Decoder:Threads", "1")],
        Orchestrator = [new("Decoders:ReportDeadline", "00:00:20"), new("Decoders:SuspectAfter", "00:00:20"), new("Decoders:Patience", "00:01:00")],
    };

    // So many tokens came, of all streams: now a decoder that has streams is killed, and another is started in its place.
    private static async Task<SeenGeneration[]> DisturbAsync(FleetLab lab, int[] numbers, int killAt)
    {
        var (tokens, time) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var streams = Task.WhenAll(numbers.Select(number => RunAsync(lab, number, () =>
        {
            if (Interlocked.Increment(ref tokens) == killAt)
            {
                time.SetResult();
            }
        })));
        await Task.WhenAny(time.Task, streams).WaitAsync(Limit, Cancellation);
        var load = await Task.WhenAll(lab.Decoders.Select(static decoder => decoder.ReportLoadAsync(Cancellation))).WaitAsync(Limit, Cancellation);
        var victim = Array.IndexOf(load, load.MaxBy(static report => report.Models.Sum(static model => model.SlotsInUse)));
        lab.Decoders[victim].Kill();
        await lab.RestartAsync(victim, Cancellation).WaitAsync(Limit, Cancellation);
        return await streams.WaitAsync(Limit, Cancellation);
    }

    private static Task<SeenGeneration> RunAsync(FleetLab lab, int number, Action? tokenCame) =>
        SeenGeneration.RunAsync(lab.Orchestrator, KillRequests.Create(number), tokenCame, Cancellation);

    private static bool AreEqual(SeenGeneration calm, SeenGeneration disturbed) =>
        calm.Tokens.Zip(disturbed.Tokens).All(static pair => pair.First.SequenceEqual(pair.Second))
        && calm.Texts.SequenceEqual(disturbed.Texts)
        && calm.Finished.Zip(disturbed.Finished).All(static pair => pair.First.Reason == pair.Second.Reason);

    private static string Difference(SeenGeneration calm, SeenGeneration disturbed) => string.Join("; ", calm.Tokens.Index().Select(one =>
        $"candidate {one.Index}: the same up to token {one.Item.Zip(disturbed.Tokens[one.Index]).TakeWhile(static pair => pair.First == pair.Second).Count()} of {one.Item.Count}, "
        + $"{disturbed.Finished[one.Index].Resumes} resumes, {calm.Finished[one.Index].Reason} and {disturbed.Finished[one.Index].Reason}"));
}
