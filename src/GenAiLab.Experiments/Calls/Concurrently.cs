namespace GenAiLab.Experiments.Calls;

/// <summary>Many calls, a bounded number of them at one time.</summary>
public static class Concurrently
{
    /// <summary>Calls in flight.</summary>
    public const int Width = 16;

    /// <summary>Runs <paramref name="call"/> for each item; the results come in the items' order.</summary>
    public static async Task<TResult[]> SelectAsync<T, TResult>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task<TResult>> call, CancellationToken cancellation)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(
            0,
            items.Count,
            new ParallelOptions { MaxDegreeOfParallelism = Width, CancellationToken = cancellation },
            async (at, cancelled) => results[at] = await call(items[at], cancelled));
        return results;
    }
}
