namespace GenAiLab.Simulation.Tests.World;

/// <summary>
/// Between the orchestrator and one decoder. What is sent in one direction of one call arrives in its order, as TCP and
/// HTTP/2 have it; different calls overtake each other. While it is cut nothing arrives, and nobody is told.
/// </summary>
internal sealed class Link(SimulatedTime time, ulong seed)
{
    private readonly Queue<Action> _held = new();
    private readonly Random _random = new(unchecked((int)seed));
    private int _cuts;

    /// <summary>The most that a message takes.</summary>
    public TimeSpan Longest { get; set; } = TimeSpan.FromMilliseconds(2);

    public bool IsCut => _cuts > 0;

    /// <param name="lane">When the last message of the same call and direction arrives.</param>
    /// <param name="arrive">Its arrival.</param>
    public void Send(ref TimeSpan lane, Action arrive)
    {
        var at = time.Now + TimeSpan.FromMicroseconds(50) + (Longest * _random.NextDouble());
        lane = at > lane ? at : lane;
        time.After(lane - time.Now, () => Arrive(arrive));
    }

    public void Cut() => _cuts++;

    public void Mend()
    {
        _cuts--;
        while (!IsCut && _held.TryDequeue(out var arrive))
        {
            arrive();
        }
    }

    private void Arrive(Action arrive)
    {
        if (IsCut || _held.Count > 0)
        {
            _held.Enqueue(arrive);
        }
        else
        {
            arrive();
        }
    }
}
