using GenAiLab.Balancing;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>What is believed of a replica's cache.</summary>
public sealed class PrefixTests
{
    [Fact]
    public void Keys_are_equal_as_far_as_the_tokens_are_and_leave_out_the_last_token()
    {
        int[] left = [.. Enumerable.Range(0, 48)], right = [.. left];
        right[40] = 7;
        var (first, second) = (PrefixKeys.Of(left, 16, 1), PrefixKeys.Of(right, 16, 1));
        Assert.Equal((2, 2), (first.Length, second.Length));
        Assert.Equal(first, second);
        right[20] = 7;
        second = PrefixKeys.Of(right, 16, 1);
        Assert.Equal(1, first.AsSpan().CommonPrefixLength(second));
        Assert.NotEqual(first[0], PrefixKeys.Of(left, 16, 2)[0]);
        Assert.Equal(PrefixKeys.MaximumBlocks, PrefixKeys.Of([.. Enumerable.Range(0, 100_000)], 16, 1).Length);
    }

    [Fact]
    public void As_many_prompts_are_remembered_as_there_are_slots_least_recently_used_first()
    {
        var record = new PrefixRecord(2);
        record.Add([1, 2]);
        record.Add([3]);
        record.Add([1, 2]);
        record.Add([4]);
        Assert.Equal((2, 0, 1), (record.Match([1, 2, 9]), record.Match([3]), record.Match([4])));

        // The continuation of a prompt takes its place.
        record.Add([4, 5]);
        Assert.Equal((2, 2), (record.Match([1, 2]), record.Match([4, 5])));
        record.Clear();
        Assert.Equal(0, record.Match([1]));
    }

    [Fact]
    public void The_memory_is_bounded()
    {
        var record = new PrefixRecord(int.MaxValue);
        for (ulong prompt = 1; prompt <= 2 * PrefixRecord.MaximumCapacity; prompt++)
        {
            record.Add([prompt]);
        }

        Assert.Equal((0, 1), (record.Match([PrefixRecord.MaximumCapacity]), record.Match([PrefixRecord.MaximumCapacity + 1])));
    }
}
