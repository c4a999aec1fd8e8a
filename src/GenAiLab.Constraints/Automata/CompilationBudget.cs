using System.Diagnostics;

namespace GenAiLab.Constraints.Automata;

/// <summary>What is left of the limits while a constraint is compiled. Not thread-safe.</summary>
internal sealed class CompilationBudget(ConstraintLimits limits, CancellationToken cancellation)
{
    private const int StepsBetweenChecks = 1024;
    private readonly long _start = Stopwatch.GetTimestamp();
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
        if (Stopwatch.GetElapsedTime(_start) > Limits.Time)
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
