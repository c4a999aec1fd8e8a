using Microsoft.Extensions.Hosting;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Stops the service when its standard input ends: <c>lab up</c> holds the other end, so its services
/// cannot outlive it, however it ends. On with configuration <c>Lifetime:EndWithStandardInput</c>.
/// </summary>
internal sealed class StandardInputLifetime(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A console read cannot be cancelled; the thread that waits in it is a pool thread that the
        // end of the process takes with it.
        var ended = Task.Run(
            static () =>
            {
                Span<byte> ignored = stackalloc byte[64];
                using var input = Console.OpenStandardInput();
                while (input.Read(ignored) > 0)
                {
                }
            },
            CancellationToken.None);
        await ended.WaitAsync(stoppingToken);
        lifetime.StopApplication();
    }
}
