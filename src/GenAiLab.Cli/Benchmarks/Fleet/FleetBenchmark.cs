using System.Diagnostics;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Benchmarks.Fleet;

/// <summary>Every decoder is replaced once while clients go on.</summary>
/// <param name="Requests">Requests answered meanwhile.</param>
/// <param name="Failed">Of them, those that failed.</param>
/// <param name="Differing">Of them, those whose tokens are not those of a calm run.</param>
/// <param name="ExitCodes">Of the decoders that were told to end.</param>
/// <param name="LongestPauseSeconds">The longest wait of a stream between two tokens.</param>
/// <param name="Seconds">How long the update took.</param>
internal sealed record RollingFigures(
    int Requests, int Failed, int Differing, IReadOnlyList<int> ExitCodes, double LongestPauseSeconds, double Seconds);

/// <summary>One of the decoders is frozen by SIGSTOP.</summary>
/// <param name="CalmP99">Seconds to the first token, 99th percentile, all decoders well.</param>
/// <param name="DetectionP99">The same of requests that began within <see cref="FleetBenchmark.Detection"/> of the freeze.</param>
/// <param name="AfterP99">The same of requests that began later.</param>
/// <param name="Ratio">After to calm.</param>
/// <param name="Requests">Requests answered after the freeze, those that were under way included.</param>
/// <param name="Lost">Of them, those that failed.</param>
/// <param name="Differing">Of them, those whose tokens are not those of a calm run.</param>
/// <param name="LongestPauseSeconds">The longest wait of a stream between two tokens.</param>
internal sealed record FrozenFigures(
    double CalmP99, double DetectionP99, double AfterP99, double Ratio, int Requests, int Lost, int Differing, double LongestPauseSeconds);

/// <summary>A chat whose conversations share system prompts, by one routing rule.</summary>
/// <param name="Routing">The rule.</param>
/// <param name="HitRate">Share of the prompts' tokens that the prefix caches supplied.</param>
/// <param name="FirstTokenP50">Seconds.</param>
/// <param name="FirstTokenP99">Seconds.</param>
/// <param name="Requests">Requests answered.</param>
/// <param name="Failed">Of them, those that failed.</param>
internal sealed record PrefixFigures(string Routing, double HitRate, double FirstTokenP50, double FirstTokenP99, int Requests, int Failed);

/// <summary>What a fleet is worth in bad times, and what prefix affinity is worth in good ones.</summary>
/// <param name="settings">The fleet.</param>
/// <param name="vocabulary">Size of the model's vocabulary.</param>
/// <param name="clients">Clients at a time.</param>
internal sealed class FleetBenchmark(FleetSettings settings, int vocabulary, int clients)
{
    /// <summary>After so long at most a frozen decoder has no streams any more: an interval, a deadline, and some.</summary>
    public static readonly TimeSpan Detection = TimeSpan.FromSeconds(1.5);

    private const int SystemSeed = 1_000_000;
    private const int ChoiceSeed = 2_000_000;

    /// <summary>Tokens of a prompt in the parts about failures.</summary>
    public int PromptTokens { get; init; } = 24;

    /// <summary>Tokens generated for each request.</summary>
    public int GeneratedTokens { get; init; } = 64;

    /// <summary>Requests of each run, at least.</summary>
    public int Requests { get; init; } = 200;

    /// <summary>System prompts in the chat.</summary>
    public int SystemPrompts { get; init; } = 20;

    /// <summary>Tokens of each system prompt.</summary>
    public int SystemTokens { get; init; } = 256;

    /// <summary>A rolling update under load.</summary>
    public async Task<RollingFigures> RollAsync(CancellationToken cancellation)
    {
        await using var lab = await FleetLab.StartAsync(settings, cancellation);
        var load = new FleetLoad(lab.Orchestrator, Request);
        List<int> exitCodes = [];
        var began = Stopwatch.GetTimestamp();
        await load.RunAsync(clients, clients, UpdateAsync(), cancellation);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new RollingFigures(
            load.Answers.Count, load.Answers.Count(static answer => answer.Error is not null), await DifferingAsync(lab, load.Answers, cancellation),
            exitCodes, load.Answers.Max(static answer => answer.LongestPause), seconds);

        async Task UpdateAsync()
        {
            for (var replica = 0; replica < settings.Replicas; replica++)
            {
                exitCodes.Add(await lab.ReplaceAsync(replica, cancellation));
            }
        }
    }

    /// <summary>One decoder freezes under load.</summary>
    public async Task<FrozenFigures> FreezeAsync(CancellationToken cancellation)
    {
        await using var lab = await FleetLab.StartAsync(settings, cancellation);
        // All of it once before: the calm run is not to be slower for being the first.
        await new FleetLoad(lab.Orchestrator, Request).RunAsync(clients, Requests, Task.CompletedTask, cancellation);
        var calm = new FleetLoad(lab.Orchestrator, Request);
        await calm.RunAsync(clients, Requests, Task.CompletedTask, cancellation);

        var load = new FleetLoad(lab.Orchestrator, Request);
        var frozenAt = 0L;
        await load.RunAsync(clients, Requests, FreezeWhenBusyAsync(), cancellation);
        var known = Stopwatch.GetTimestamp();
        // Those that began after it was noticed: a run of their own, so that there are as many as in the calm one.
        var after = new FleetLoad(lab.Orchestrator, Request);
        await after.RunAsync(clients, Requests, Task.CompletedTask, cancellation);
        FleetAnswer[] all = [.. load.Answers, .. after.Answers];
        var (calmP99, afterP99) = (P99(calm.Answers), P99(after.Answers));
        return new FrozenFigures(
            calmP99, P99(load.Answers.Where(answer => answer.Started >= frozenAt && answer.Started < known)), afterP99, afterP99 / calmP99, all.Length,
            all.Count(static answer => answer.Error is not null), await DifferingAsync(lab, all, cancellation),
            all.Max(static answer => answer.LongestPause));

        async Task FreezeWhenBusyAsync()
        {
            // The busiest: it has streams to lose.
            (ServiceProcess Decoder, int Streams) busiest;
            do
            {
                var loads = await Task.WhenAll(lab.Decoders.Select(async decoder =>
                    (decoder, (await decoder.ReportLoadAsync(cancellation)).Models.Sum(static model => model.SlotsInUse))));
                busiest = loads.MaxBy(static one => one.Item2);
            }
            while (busiest.Streams == 0);
            busiest.Decoder.Freeze();
            frozenAt = Stopwatch.GetTimestamp();
            await Task.Delay(Detection, cancellation);
        }
    }

    /// <summary>The chat by one routing rule, with a fleet of its own.</summary>
    public async Task<PrefixFigures> ChatAsync(string routing, CancellationToken cancellation)
    {
        await using var lab = await FleetLab.StartAsync(
            settings with { Orchestrator = [.. settings.Orchestrator, new("Decoders:Routing", routing)] }, cancellation);
        var load = new FleetLoad(lab.Orchestrator, Chat);
        await load.RunAsync(clients, Requests, Task.CompletedTask, cancellation);
        var (prompt, cached) = await lab.PromptTokensAsync(cancellation);
        return new PrefixFigures(
            routing, (double)cached / prompt, Statistics.Median(load.Answers.Select(static answer => answer.FirstToken)), P99(load.Answers),
            load.Answers.Count, load.Answers.Count(static answer => answer.Error is not null));
    }

    private static double P99(IEnumerable<FleetAnswer> answers) =>
        Statistics.Percentile(answers.Where(static answer => answer.Error is null).Select(static answer => answer.FirstToken), 99);

    // The requests of the bad times once more, one after the other in good ones.
    private async Task<int> DifferingAsync(FleetLab lab, IEnumerable<FleetAnswer> answers, CancellationToken cancellation)
    {
        var load = new FleetLoad(lab.Orchestrator, Request);
        var differing = 0;
        foreach (var group in answers.GroupBy(static answer => answer.Number))
        {
            var calm = await load.AnswerAsync(group.Key, cancellation);
            differing += group.Count(answer => answer.Error is null && !answer.Tokens.SequenceEqual(calm.Tokens));
        }

        return differing;
    }

    private GenerateRequest Request(int number) => new()
    {
        Tokens = new TokenIds { Ids = { Ids(number, PromptTokens) } },
        Sampling = new SamplingProgram { Seed = (ulong)number },
        MaxTokens = GeneratedTokens,
        Mode = number % 2 == 0 ? LoopMode.Pushdown : LoopMode.Step,
    };

    // Which conversation is next is random, and the same in every run.
    private GenerateRequest Chat(int number) => new()
    {
        Tokens = new TokenIds { Ids = { Ids(SystemSeed + (Ids(ChoiceSeed + number, 2)[1] % SystemPrompts), SystemTokens), Ids(number, PromptTokens) } },
        Sampling = new SamplingProgram { Seed = (ulong)number },
        MaxTokens = Math.Min(GeneratedTokens, 16),
    };

    private int[] Ids(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(1, vocabulary))];
    }
}
