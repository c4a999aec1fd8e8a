using GenAiLab.ServiceDefaults.InProcess;
using GenAiLab.ServiceDefaults.Telemetry;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>
/// The gRPC service of this process, called without a socket: what a face translates goes through the same
/// checks, limits and errors as a call of the contract's own clients. Thread-safe.
/// </summary>
internal sealed class OwnOrchestrator
{
    private readonly InProcessCallInvoker _invoker;

    public OwnOrchestrator(IServiceProvider services, ILogger<InProcessCallInvoker> logger, RpcMeter? meter = null) =>
        _invoker = new InProcessCallInvoker(
            binder => V1.Orchestrator.BindService(binder, services.GetRequiredService<OrchestratorGrpcService>()), logger, meter);

    /// <summary>A client whose calls are made for a tenant; null where no API key tells.</summary>
    public V1.Orchestrator.OrchestratorClient For(string? tenant) => new(_invoker.For(tenant));
}
