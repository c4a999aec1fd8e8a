using GenAiLab.Balancing;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>When a replica is believed in.</summary>
public sealed class ReplicaHealthTests
{
    private static readonly HealthSettings Settings = new();
    private readonly ReplicaHealth _health = new(Settings);

    [Fact]
    public void It_serves_when_it_has_answered_and_as_it_has_answered()
    {
        Assert.Equal(Availability.Doubtful, _health.At(Seconds(0)));
        _health.Answered(Seconds(1), admits: true);
        Assert.Equal(Availability.Serving, _health.At(Seconds(1)));
        _health.Answered(Seconds(2), admits: false);
        Assert.Equal(Availability.Refusing, _health.At(Seconds(2)));
        _health.Doubt();
        Assert.Equal(Availability.Doubtful, _health.At(Seconds(2)));
    }

    [Fact]
    public void A_late_report_makes_it_doubtful_at_once_and_a_missing_one_ejects_it()
    {
        _health.Answered(Seconds(1), admits: true);
        _health.Asked(Seconds(2));
        Assert.Equal(Availability.Serving, _health.At(Seconds(2.4)));
        Assert.Equal(Availability.Doubtful, _health.At(Seconds(2.41)));
        Assert.True(_health.Unanswered(Seconds(3)));
        Assert.False(_health.Unanswered(Seconds(4)));
        Assert.True(_health.IsEjected);
    }

    [Fact]
    public void It_returns_after_its_time_and_two_answers_and_the_time_doubles()
    {
        _health.Answered(Seconds(1), admits: true);
        _health.Unanswered(Seconds(2));
        _health.Answered(Seconds(2.5), admits: true);
        _health.Answered(Seconds(2.9), admits: true);
        Assert.Equal(Availability.Doubtful, _health.At(Seconds(2.9)));
        _health.Answered(Seconds(3), admits: true);
        Assert.Equal(Availability.Serving, _health.At(Seconds(3)));

        _health.Unanswered(Seconds(4));
        _health.Answered(Seconds(5.5), admits: true);
        _health.Answered(Seconds(5.9), admits: true);
        Assert.True(_health.IsEjected);
        _health.Answered(Seconds(6), admits: true);
        Assert.False(_health.IsEjected);

        // One answer among silences is not enough.
        _health.Unanswered(Seconds(7));
        _health.Answered(Seconds(20), admits: true);
        _health.Unanswered(Seconds(21));
        _health.Answered(Seconds(22), admits: true);
        Assert.True(_health.IsEjected);
        _health.Answered(Seconds(23), admits: true);
        Assert.False(_health.IsEjected);
    }

    [Fact]
    public void Errors_in_a_row_eject_it_and_a_success_between_does_not()
    {
        _health.Answered(Seconds(1), admits: true);
        Assert.False(_health.Failed(Seconds(1)) || _health.Failed(Seconds(1)));
        _health.Succeeded();
        Assert.False(_health.Failed(Seconds(1)) || _health.Failed(Seconds(1)));
        Assert.True(_health.Failed(Seconds(1)));
        Assert.Equal(Availability.Doubtful, _health.At(Seconds(1)));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
