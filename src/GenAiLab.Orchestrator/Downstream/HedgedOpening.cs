using GenAiLab.Orchestrator.Fleet;
using Microsoft.Extensions.Options;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// Hedging (Dean and Barroso, "The tail at scale", CACM 2013): a stream whose first token is late is begun at a second
/// replica too, and whoever is first goes on. Both would generate the same tokens. Off unless
/// <see cref="FleetOptions.HedgeAfter"/> is set: under load it makes the load worse.
/// </summary>
internal sealed class HedgedOpening(IOptions<FleetOptions> options, TimeProvider time)
{
    private readonly TimeSpan _after = options.Value.HedgeAfter;

    /// <summary>The stream that comes to its first token first; the other one has ended.</summary>
    /// <param name="first">A stream; when it fails, the second one, if begun, decides.</param>
    /// <param name="moves">Finds a second replica.</param>
    /// <param name="open">Opens the stream there.</param>
    public async Task<OpenStream> FirstOfAsync(OpenStream first, ReplicaMoves moves, Func<DecoderLease, OpenStream> open)
    {
        if (_after <= TimeSpan.Zero)
        {
            return first;
        }

        var begun = first.Begin();
        using var stop = new CancellationTokenSource();
        if (await Task.WhenAny(begun, Task.Delay(_after, time, stop.Token)) == begun || moves.TryPlaceBeside(first.Lease) is not { } lease)
        {
            await stop.CancelAsync();
            return first;
        }

        var second = open(lease);
        var earlier = await Task.WhenAny(begun, second.Begin()) == begun ? first : second;
        var later = earlier == first ? second : first;
        // One that has failed is no winner: the other may still come.
        var (kept, left) = earlier.Begin().IsCompletedSuccessfully ? (earlier, later) : (later, earlier);
        await left.DisposeAsync();
        return kept;
    }
}
