namespace GenAiLab.Training.Optimization;

/// <summary>
/// Which of a number of items a step takes: every one of them once an epoch, in an order that a seed shuffles
/// anew. Depends on (seed, step) only.
/// </summary>
internal sealed class ShuffledOrder(int items, int perStep, int seed)
{
    private int[] _order = [];
    private int _epoch = -1;

    /// <summary>The items of a step, counted from 0.</summary>
    public int[] Of(int step)
    {
        var chosen = new int[perStep];
        for (var at = 0; at < perStep; at++)
        {
            var (epoch, within) = Math.DivRem(((long)step * perStep) + at, items);
            if (epoch != _epoch)
            {
                _epoch = (int)epoch;
                _order = [.. Enumerable.Range(0, items)];
                new Random(unchecked((seed * 486_187_739) + (_epoch * 16_777_619) + 3)).Shuffle(_order);
            }

            chosen[at] = _order[within];
        }

        return chosen;
    }
}
