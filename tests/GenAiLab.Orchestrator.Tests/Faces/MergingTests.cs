using GenAiLab.Orchestrator.Faces;
using GenAiLab.Orchestrator.Tests.Fakes;

namespace GenAiLab.Orchestrator.Tests.Faces;

public sealed class MergingTests
{
    [Fact]
    public async Task Every_item_comes_once_in_the_order_of_its_stream()
    {
        var streams = Enumerable.Range(0, 5).Select(static _ => (Func<CancellationToken, IAsyncEnumerable<int>>)(static _ => CountAsync(20))).ToList();
        var seen = new List<(int Index, int Item)>();
        await foreach (var item in Merging.MergeAsync(streams, 2, TestContext.Current.CancellationToken))
        {
            seen.Add(item);
        }

        Assert.All(seen.GroupBy(static item => item.Index), static stream => Assert.Equal(Enumerable.Range(0, 20), stream.Select(static item => item.Item)));
        Assert.Equal(100, seen.Count);
    }

    [Fact]
    public async Task One_that_fails_ends_the_others()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var _ in Merging.MergeAsync<int>([cancelled => WaitAsync(ended, cancelled), _ => FailAsync()], 2, TestContext.Current.CancellationToken))
            {
            }
        }).Patiently();

        Assert.Equal("this one", error.Message);
        await ended.Task.Patiently();
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_all()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await foreach (var _ in Merging.MergeAsync([cancelled => WaitAsync(ended, cancelled), static _ => CountAsync(1)], 2, TestContext.Current.CancellationToken))
        {
            break;
        }

        await ended.Task.Patiently();
    }

    private static async IAsyncEnumerable<int> CountAsync(int items)
    {
        for (var item = 0; item < items; item++)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async IAsyncEnumerable<int> WaitAsync(
        TaskCompletionSource ended, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        finally
        {
            ended.TrySetResult();
        }

        yield break;
    }

    private static async IAsyncEnumerable<int> FailAsync()
    {
        await Task.Yield();
        yield return Throw();
    }

    private static int Throw() => throw new InvalidOperationException("this one");
}
