using System.Diagnostics;

namespace GenAiLab.Fuzz.Tests;

/// <summary>One input to one target, and what may never come of it.</summary>
internal static class TargetRun
{
    private const long MostBytes = 1L << 30;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Fails if the target takes the input by another exception than a refusal, after more than 10 s, or with more than 1 GiB of managed memory.</summary>
    /// <param name="target">Its name.</param>
    /// <param name="input">Any bytes.</param>
    /// <param name="name">What the input is called in a failure.</param>
    /// <returns>Whether it was taken: else it was refused.</returns>
    public static bool Try(string target, byte[] input, string name)
    {
        var (begun, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        var taken = false;
        try
        {
            taken = FuzzTargets.All[target](input);
        }
        catch (Exception error)
        {
            Assert.Fail($"{name}: {error}");
        }

        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, Longest);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        return taken;
    }
}
