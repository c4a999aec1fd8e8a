namespace GenAiLab.Constraints.Tests;

public sealed class ConstraintCacheTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_constraint_is_compiled_once()
    {
        using var cache = new ConstraintCache(8, long.MaxValue, new ConstraintLimits());
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => cache.GetAsync(new ConstraintSource.Choices(["a", "b"]), TestVocabulary.Bytes, Cancellation))));
        Assert.All(all, one => Assert.Same(all[0], one));
        Assert.NotSame(all[0], await cache.GetAsync(new ConstraintSource.Choices(["b", "a"]), TestVocabulary.Bytes, Cancellation));
        Assert.NotSame(all[0], await cache.GetAsync(new ConstraintSource.Choices(["a", "b"]), TestVocabulary.Lab, Cancellation));
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public async Task What_was_not_used_for_longest_goes()
    {
        using var cache = new ConstraintCache(2, long.MaxValue, new ConstraintLimits());
        var first = await cache.GetAsync(new ConstraintSource.Regex("a"), TestVocabulary.Bytes, Cancellation);
        var second = await cache.GetAsync(new ConstraintSource.Regex("b"), TestVocabulary.Bytes, Cancellation);
        Assert.Same(first, await cache.GetAsync(new ConstraintSource.Regex("a"), TestVocabulary.Bytes, Cancellation));
        await cache.GetAsync(new ConstraintSource.Regex("c"), TestVocabulary.Bytes, Cancellation);
        Assert.Equal(2, cache.Count);
        Assert.Same(first, await cache.GetAsync(new ConstraintSource.Regex("a"), TestVocabulary.Bytes, Cancellation));
        Assert.NotSame(second, await cache.GetAsync(new ConstraintSource.Regex("b"), TestVocabulary.Bytes, Cancellation));
    }

    [Fact]
    public async Task Memory_is_bounded()
    {
        using var cache = new ConstraintCache(100, 40 << 20, new ConstraintLimits { CacheBytes = 16 << 20 });
        for (var at = 0; at < 5; at++)
        {
            await cache.GetAsync(new ConstraintSource.Regex($"a{{{at}}}"), TestVocabulary.Bytes, Cancellation);
        }

        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task A_failure_is_told_to_all_and_not_kept()
    {
        using var cache = new ConstraintCache(8, long.MaxValue, new ConstraintLimits());
        var all = Enumerable.Range(0, 4).Select(_ => cache.GetAsync(new ConstraintSource.Regex("("), TestVocabulary.Bytes, Cancellation)).ToArray();
        foreach (var one in all)
        {
            await Assert.ThrowsAsync<ConstraintException>(() => one);
        }

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task A_caller_that_gives_up_takes_nothing_from_the_others()
    {
        using var cache = new ConstraintCache(8, long.MaxValue, new ConstraintLimits { Time = TimeSpan.FromMinutes(1) });
        using var giving = new CancellationTokenSource();
        var source = new ConstraintSource.Regex("(a|b)*a(a|b){12}");
        var impatient = cache.GetAsync(source, TestVocabulary.Bytes, giving.Token);
        var patient = cache.GetAsync(source, TestVocabulary.Bytes, Cancellation);
        await giving.CancelAsync();
        Assert.NotNull(await patient);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await impatient;
            await cache.GetAsync(source, TestVocabulary.Bytes, giving.Token);
        });
    }
}
