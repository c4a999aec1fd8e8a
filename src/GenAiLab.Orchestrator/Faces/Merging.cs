using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>Several streams as one.</summary>
internal static class Merging
{
    /// <summary>
    /// What the streams say, as it comes, with the index of the one that said it. So many of them run at a time, and
    /// each holds one item at most that nobody has read. The first that fails ends all.
    /// </summary>
    public static async IAsyncEnumerable<(int Index, T Item)> MergeAsync<T>(
        IReadOnlyList<Func<CancellationToken, IAsyncEnumerable<T>>> streams, int atOnce, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var channel = Channel.CreateBounded<(int, T)>(1);
        var all = Parallel.ForAsync(0, streams.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stop.Token }, async (index, cancelled) =>
        {
            await foreach (var item in streams[index](cancelled))
            {
                await channel.Writer.WriteAsync((index, item), cancelled);
            }
        });
        var ending = CompleteAsync(all, channel.Writer);
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(cancellation))
            {
                yield return item;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await ending;
        }
    }

    private static async Task CompleteAsync<T>(Task all, ChannelWriter<T> writer)
    {
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Of several failures, the first one: the others are its consequence.
        writer.TryComplete(all.Exception?.InnerExceptions[0]);
    }
}
