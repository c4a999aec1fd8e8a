namespace GenAiLab.Balancing;

/// <summary>Limits of <see cref="ReplicaHealth"/>.</summary>
public sealed record HealthSettings
{
    /// <summary>A load report that is on its way for longer makes a replica doubtful: others get the new streams.</summary>
    public TimeSpan SuspectAfter { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Errors of streams, one after the other without a success between, that eject a replica.</summary>
    public int ErrorLimit { get; init; } = 3;

    /// <summary>Load reports that an ejected replica must answer, one after the other, before it serves again.</summary>
    public int ProbationReports { get; init; } = 2;

    /// <summary>How long a replica is ejected for the first time; twice as long each time after that.</summary>
    public TimeSpan FirstEjection { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest ejection. A replica that served for so long begins with <see cref="FirstEjection"/> again.</summary>
    public TimeSpan LongestEjection { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// What may be believed of one replica: serving, doubtful, refusing. Told of load reports and streams, with
/// the time of each since some start; reads no clock itself. Not thread-safe.
/// </summary>
/// <param name="settings">Limits.</param>
public sealed class ReplicaHealth(HealthSettings settings)
{
    private bool _known;
    private bool _admits;
    private TimeSpan? _asked;
    private bool _ejected;
    private TimeSpan _ejectedUntil;
    private TimeSpan _returned;
    private int _ejections;
    private int _goodReports;
    private int _errors;

    /// <summary>Taken out for errors or silence, and not back yet.</summary>
    public bool IsEjected => _ejected;

    /// <summary>Whether it may be chosen.</summary>
    public Availability At(TimeSpan now) =>
        !_known || _ejected || now - _asked > settings.SuspectAfter ? Availability.Doubtful
        : _admits ? Availability.Serving : Availability.Refusing;

    /// <summary>A load report was asked for.</summary>
    public void Asked(TimeSpan now) => _asked = now;

    /// <summary>It came.</summary>
    /// <param name="now">Time.</param>
    /// <param name="admits">Whether the replica takes streams.</param>
    public void Answered(TimeSpan now, bool admits)
    {
        (_known, _admits, _asked) = (true, admits, null);
        if (_ejected && ++_goodReports >= settings.ProbationReports && now >= _ejectedUntil)
        {
            (_ejected, _errors, _returned) = (false, 0, now);
        }
    }

    /// <summary>Something is wrong with it; the next load report tells what.</summary>
    public void Doubt() => _known = false;

    /// <summary>It did not come in time, or the replica cannot be reached.</summary>
    /// <returns>Whether the replica is ejected by this.</returns>
    public bool Unanswered(TimeSpan now)
    {
        _asked = null;
        _goodReports = 0;
        return Eject(now);
    }

    /// <summary>A stream ended by an error of the replica's.</summary>
    /// <returns>Whether the replica is ejected by this.</returns>
    public bool Failed(TimeSpan now) => ++_errors >= settings.ErrorLimit && Eject(now);

    /// <summary>A stream ended well.</summary>
    public void Succeeded() => _errors = 0;

    private bool Eject(TimeSpan now)
    {
        if (_ejected)
        {
            return false;
        }

        _ejections = now - _returned > settings.LongestEjection ? 0 : _ejections;
        // Beyond 2^16 times the first the longest counts in any case.
        var length = settings.FirstEjection * (1 << Math.Min(_ejections++, 16));
        (_ejected, _goodReports, _ejectedUntil) = (true, 0, now + (length < settings.LongestEjection ? length : settings.LongestEjection));
        return true;
    }
}
