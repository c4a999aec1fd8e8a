using System.Diagnostics;

namespace GenAiLab.WebConsole.Services;

/// <summary>
/// How fast the generations of this console were, over the last ten seconds of them: what its users wait for. Those of
/// other clients are not in it. Thread-safe.
/// </summary>
public sealed class LiveFigures
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly Queue<(long At, TimeSpan Gap)> _gaps = new();
    private TimeSpan? _firstToken;

    /// <summary>A stream's first token came so long after its request.</summary>
    public void AddFirst(TimeSpan wait)
    {
        lock (_lock)
        {
            _firstToken = wait;
            Keep(TimeSpan.Zero);
        }
    }

    /// <summary>Another token came so long after the one before it.</summary>
    public void Add(TimeSpan gap)
    {
        lock (_lock)
        {
            Keep(gap);
        }
    }

    /// <summary>Tokens a second; the last stream's time to its first token; the median time between tokens. Null: nothing yet.</summary>
    public (double TokensPerSecond, TimeSpan? FirstToken, TimeSpan? BetweenTokens) Read()
    {
        lock (_lock)
        {
            Forget();
            var gaps = _gaps.Where(static gap => gap.Gap > TimeSpan.Zero).Select(static gap => gap.Gap).Order().ToList();
            return (_gaps.Count / Window.TotalSeconds, _firstToken, gaps.Count == 0 ? null : gaps[gaps.Count / 2]);
        }
    }

    private void Keep(TimeSpan gap)
    {
        // Nobody may look for days.
        Forget();
        _gaps.Enqueue((Stopwatch.GetTimestamp(), gap));
    }

    private void Forget()
    {
        while (_gaps.TryPeek(out var oldest) && Stopwatch.GetElapsedTime(oldest.At) > Window)
        {
            _gaps.Dequeue();
        }
    }
}
