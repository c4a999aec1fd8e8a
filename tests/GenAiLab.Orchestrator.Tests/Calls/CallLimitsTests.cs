using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

/// <summary>What is left of a caller's deadline.</summary>
public sealed class CallLimitsTests
{
    private static readonly DateTime Start = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly SetClock _clock = new();

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    [InlineData(-86400)]
    public void A_clock_that_is_set_takes_nothing_from_it_and_adds_nothing(int seconds)
    {
        var limits = new CallLimits(new CallOptions(deadline: Start.AddSeconds(30)), _clock);

        _clock.Pass(TimeSpan.FromSeconds(10));
        _clock.Set(TimeSpan.FromSeconds(seconds));

        Assert.Equal(TimeSpan.FromSeconds(20), limits.Left);
        Assert.Equal(_clock.GetUtcNow().UtcDateTime.AddSeconds(20), ((CallOptions)limits).Deadline);
        Assert.Equal(TimeSpan.FromSeconds(20), limits.WithCancellationToken(new CancellationToken(true)).Left);
        Assert.Equal(TimeSpan.FromSeconds(5), limits.WithDeadlineAfter(TimeSpan.FromSeconds(5)).Left);
    }

    [Fact]
    public void It_passes()
    {
        var limits = new CallLimits(new CallOptions(deadline: Start.AddSeconds(30)), _clock);
        _clock.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal(TimeSpan.FromSeconds(-1), limits.Left);
    }

    [Fact]
    public void No_deadline_stays_none_and_one_at_the_end_of_time_is_none()
    {
        Assert.Null(((CallOptions)new CallLimits(default, _clock)).Deadline);
        var endless = new CallLimits(new CallOptions(deadline: DateTime.MaxValue), _clock);
        _clock.Set(TimeSpan.FromHours(1));
        Assert.Null(endless.Left);
        Assert.Equal(DateTime.MaxValue, ((CallOptions)endless).Deadline);
    }

    [Fact]
    public void The_rest_of_the_options_is_kept()
    {
        using var source = new CancellationTokenSource();
        Metadata headers = [new("number", "1")];
        var options = (CallOptions)new CallLimits(new CallOptions(headers, Start.AddSeconds(30), source.Token), _clock);
        Assert.Equal((headers, source.Token), (options.Headers, options.CancellationToken));
    }

    // Two clocks, of which one can be set.
    private sealed class SetClock : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _offset;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _passed += time;

        public void Set(TimeSpan offset) => _offset = offset;

        public override DateTimeOffset GetUtcNow() => Start + _passed + _offset;

        public override long GetTimestamp() => _passed.Ticks;
    }
}
