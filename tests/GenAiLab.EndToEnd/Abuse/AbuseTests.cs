using GenAiLab.Cli.Benchmarks.Abuse;

namespace GenAiLab.EndToEnd.Abuse;

/// <summary>HTTP/2 and gRPC as no client should speak them: the service says no, goes on serving the others, and keeps nothing.</summary>
public sealed class AbuseTests(AbusedLab lab, ITestOutputHelper output) : IClassFixture<AbusedLab>
{
    private const int Neighbours = 4;

    // What busy processes grow by anyway, while they compile and their heaps find their size: a bomb of 256 MiB or a
    // header block of 117 MiB that somebody had unpacked would show.
    private const long MostGrowth = 96L << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>What is done, and how it is taken.</summary>
    public static TheoryData<string, string> Frames => new()
    {
        { "rapid reset", "^(open|closed|GOAWAY ENHANCE_YOUR_CALM)$" },
        { "more streams than allowed", "^976 of 2,000 refused$" },
        { "header block without end", "^(GOAWAY PROTOCOL_ERROR|closed)$" },
        { "a mebibyte of headers", "^(GOAWAY PROTOCOL_ERROR|closed)$" },
        { "one header thirty thousand times", "^(GOAWAY PROTOCOL_ERROR|closed)$" },
        { "pings, answers unread", "^(not taken any more|closed) after [0-9,]+ frames$" },
        { "settings, answers unread", "^(not taken any more|closed) after [0-9,]+ frames$" },
        { "data frames of nothing", "^(open|closed|GOAWAY [A-Z_]+) after [0-9,]+ frames$" },
        { "window beyond its limit", "^(GOAWAY FLOW_CONTROL_ERROR|closed)$" },
        { "frame beyond its limit", "^(GOAWAY FRAME_SIZE_ERROR|closed)$" },
        { "window of nothing", "^open$" },
        { "request that never comes", "^(GOAWAY [A-Z_]+|closed)$" },
    };

    /// <inheritdoc cref="Frames"/>
    public static TheoryData<string, string> Calls => new()
    {
        { "message of four gibibytes", "^InvalidArgument$" },
        { "message one byte too long", "^ResourceExhausted$" },
        { "message that is cut off", "^Internal$" },
        { "message of one byte a second", "^Unknown$" },
        { "compression bomb", "^ResourceExhausted$" },
        { "compression that nobody knows", "^Unimplemented$" },
        { "bytes that are no message", "^InvalidArgument$" },
        { "message of many levels", "^InvalidArgument$" },
        { "method that is not there", "^Unimplemented$" },
        { "service that is not there", "^Unimplemented$" },
        { "no gRPC", "^Internal$" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task Frames_that_no_client_would_send(string name, string answer)
    {
        foreach (var service in new[] { "orchestrator", "decoder" })
        {
            await AbuseAsync(FrameAbuses.All[name], service, answer);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Calls_that_no_client_would_make(string name, string answer)
    {
        foreach (var service in new[] { "orchestrator", "decoder" })
        {
            await AbuseAsync(CallAbuses.All[name], service, answer);
        }
    }

    [Fact]
    public void Every_abuse_of_the_benchmark_is_tested() =>
        Assert.Equal(FrameAbuses.All.Keys.Concat(CallAbuses.All.Keys).Order(), Frames.Concat(Calls).Select(static row => row.Data.Item1).Order());

    private async Task AbuseAsync(Func<AbuseTarget, CancellationToken, Task<string>> abuse, string service, string answer)
    {
        var before = lab.WorkingSet;
        var abused = abuse(lab.Target(service), Cancellation);
        await Task.WhenAll(Enumerable.Range(0, Neighbours).Select(_ => lab.AssertServesAsync(Cancellation))).WaitAsync(Limit, Cancellation);
        var seen = await abused.WaitAsync(Limit, Cancellation);

        output.WriteLine($"{service}: {seen}; {before >> 20} → {lab.WorkingSet >> 20} MiB");
        Assert.Matches(answer, seen);
        await lab.AssertServesAsync(Cancellation).WaitAsync(Limit, Cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while (await lab.SlotsInUseAsync(limit.Token) > 0)
        {
            // A stream that was reset gives its slot back with the next step.
        }

        Assert.True(lab.WorkingSet - before < MostGrowth, $"{before >> 20} → {lab.WorkingSet >> 20} MiB");
    }
}
