using GenAiLab.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder.Serving;

/// <summary>
/// Takes the service out of service, once: admission stops, health says NOT_SERVING, streams may end within
/// a grace, what is left is handed over. SIGTERM and <c>DecoderControl.Drain</c> come together here.
/// It runs while the web server still answers: a replica that is called meanwhile refuses in words.
/// </summary>
internal sealed partial class ServiceDrain(
    DecoderCatalog catalog,
    [FromKeyedServices("decoder")] ServiceReadiness readiness,
    IOptions<DecoderOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<ServiceDrain> logger) : IHostedLifecycleService
{
    /// <summary>What the host needs beyond the grace: to end streams and connections and to free models.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(20);
    private readonly Lock _gate = new();
    private Task<(int Finished, int HandedOver)>? _drain;

    /// <summary>Begins, or joins what has begun.</summary>
    /// <param name="grace">How long streams may go on; null: as configured.</param>
    /// <returns>How many streams ended by themselves and how many were handed over.</returns>
    public Task<(int Finished, int HandedOver)> BeginAsync(TimeSpan? grace)
    {
        lock (_gate)
        {
            return _drain ??= DrainAsync(grace ?? options.Value.DrainGrace);
        }
    }

    /// <summary>Stops the process; calls that are being answered are answered.</summary>
    public void EndProcess() => lifetime.StopApplication();

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => BeginAsync(null).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private int OpenStreams => catalog.Engines.Sum(static engine => engine.OpenStreams);

    private async Task<(int Finished, int HandedOver)> DrainAsync(TimeSpan grace)
    {
        catalog.StopAdmission();
        readiness.MarkNotReady("the service is being drained");
        var open = OpenStreams;
        LogDraining(logger, open, grace.TotalSeconds);
        var started = TimeProvider.System.GetTimestamp();
        using (var timer = new PeriodicTimer(LookPeriod))
        {
            while (OpenStreams > 0 && TimeProvider.System.GetElapsedTime(started) < grace)
            {
                await timer.WaitForNextTickAsync();
            }
        }

        var left = OpenStreams;
        foreach (var engine in catalog.Engines)
        {
            engine.RequestStop();
        }

        LogDrained(logger, left);
        return (Math.Max(0, open - left), left);
    }

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Draining: {Streams} streams may end within {Grace} s")]
    private static partial void LogDraining(ILogger logger, int streams, double grace);

    [LoggerMessage(EventId = 7, Level = LogLevel.Information, Message = "Drained: {Streams} streams are handed over")]
    private static partial void LogDrained(ILogger logger, int streams);
}
