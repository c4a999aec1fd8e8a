using System.Diagnostics;

namespace GenAiLab.Constraints.Automata;

/// <summary>
/// What is left of the limits while a constraint is compiled. A pause in which a busy machine does something else
/// counts as a few milliseconds, so that what compiles does so under load too. Not thread-safe.
/// </summary>
internal sealed class CompilationBudget(ConstraintLimits limits, CancellationToken cancellation)
{
    private const int StepsBetweenChecks = 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(10);
    private long _checked = Stopwatch.GetTimestamp();
    private TimeSpan _taken;
    private long _bytes;
    private int _steps;

    public ConstraintLimits Limits { get; } = limits;

    /// <summary>A loop of compilation goes round.</summary>
    public void Step()
    {
        if (++_steps % StepsBetweenChecks != 0)
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        var now = Stopwatch.GetTimestamp();
        var elapsed = Stopwatch.GetElapsedTime(_checked, now);
        _taken += elapsed < LongestPause ? elapsed : LongestPause;
        _checked = now;
        if (_taken > Limits.Time)
        {
            throw new ConstraintException($"the constraint takes longer than {Limits.Time.TotalSeconds:0.###} s to compile; make it simpler");
        }
    }

    /// <summary>An automaton has so many states.</summary>
    public void States(int count)
    {
        Step();
        if (count > Limits.States)
        {
            throw new ConstraintException($"the constraint needs more than {Limits.States:N0} states; lower its repetitions, lengths or number of alternatives");
        }
    }

    /// <summary>Memory is held until the end.</summary>
    public void Hold(long bytes)
    {
        _bytes += bytes;
        if (_bytes > Limits.CompilationBytes)
        {
            throw new ConstraintException("the constraint takes too much memory to compile; lower its repetitions, lengths or number of alternatives");
        }
    }
}
