using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.WebConsole.Services;

/// <summary>
/// Asks every service for its health, once a second while someone looks, and tells who looks when an answer changes.
/// </summary>
internal sealed class ServiceWatch(LabServices services) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private volatile IReadOnlyDictionary<string, bool> _states = LabServices.Names.ToDictionary(static name => name, static _ => true);

    /// <summary>Some service came or went. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>The services that do not serve; none before the first look.</summary>
    public IReadOnlyList<string> Down => [.. _states.Where(static pair => !pair.Value).Select(static pair => pair.Key)];

    public bool Serves(string service) => _states[service];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (Changed is null)
            {
                continue;
            }

            var looked = await Task.WhenAll(LabServices.Names.Select(async name => (name, serves: await ServesAsync(name, stoppingToken))));
            var before = _states;
            _states = looked.ToDictionary(static pair => pair.name, static pair => pair.serves);
            if (looked.Any(pair => before[pair.name] != pair.serves))
            {
                Changed?.Invoke();
            }
        }
    }

    // Of several decoders one is enough.
    private async Task<bool> ServesAsync(string service, CancellationToken cancellation) => service == "decoder"
        ? (await Task.WhenAll(services.Decoders.Select(replica => ServesAsync(replica.Health, cancellation)))).Any(static serves => serves)
        : await ServesAsync(services.Health(service), cancellation);

    private static async Task<bool> ServesAsync(Health.HealthClient health, CancellationToken cancellation)
    {
        try
        {
            var answer = await health.CheckAsync(
                new HealthCheckRequest(), deadline: DateTime.UtcNow + Patience, cancellationToken: cancellation);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException error)
        {
            // It answered, if only that it wants a key.
            return error.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied;
        }
    }
}
