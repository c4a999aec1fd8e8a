namespace GenAiLab.Training.World;

/// <summary>
/// Goes round through items without end, topic by topic in fixed shares: a topic of many facts, such as the chronicle,
/// does not drown one of few.
/// </summary>
internal sealed class TopicCycle<T>
{
    // Capitals are the hardest: each is a pair of names that nothing else connects.
    private static readonly (string Topic, int Share)[] Shares =
        [("geography", 26), ("animals", 15), ("opposites", 17), ("colours", 11), ("calendar", 9), ("arithmetic", 9), ("chronicle", 13)];

    private readonly Random _random;
    private readonly Dictionary<string, (T[] Order, int Next)> _topics;

    public TopicCycle(IEnumerable<T> items, Func<T, string> topic, Random random)
    {
        _random = random;
        _topics = items.GroupBy(topic).ToDictionary(static group => group.Key, static group => (group.ToArray(), int.MaxValue));
    }

    /// <summary>The next item.</summary>
    public T Next()
    {
        var at = _random.Next(Shares.Sum(static entry => entry.Share));
        var topic = Shares.First(entry => (at -= entry.Share) < 0).Topic;
        var (order, next) = _topics[topic];
        if (next >= order.Length)
        {
            _random.Shuffle(order);
            next = 0;
        }

        _topics[topic] = (order, next + 1);
        return order[next];
    }
}
