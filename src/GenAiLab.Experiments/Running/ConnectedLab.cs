using GenAiLab.Client;
using Grpc.Core;

namespace GenAiLab.Experiments.Running;

/// <summary>A lab that runs already, as experiments see it. It cannot start another.</summary>
public class ConnectedLab : IStartedLab
{
    // A whole distribution of a large vocabulary is more than gRPC's 4 MiB.
    private const int MaximumMessage = 64 * 1024 * 1024;
    private readonly List<LabChannel> _channels = [];
    private readonly LabCredentials? _credentials;

    /// <summary>Connects to each service.</summary>
    /// <param name="addresses">Where they are.</param>
    /// <param name="credentials">What is shown them; null: nothing.</param>
    public ConnectedLab(LabAddressSet addresses, LabCredentials? credentials = null)
    {
        _credentials = credentials;
        (Orchestrator, Tokenizer, Classifier, Decoder) =
            (new(Invoker(addresses.Orchestrator)), new(Invoker(addresses.Tokenizer)), new(Invoker(addresses.Classifier)), new(Invoker(addresses.Decoder)));
    }

    public V1.Orchestrator.OrchestratorClient Orchestrator { get; }

    public V1.Tokenizer.TokenizerClient Tokenizer { get; }

    public V1.Classifier.ClassifierClient Classifier { get; }

    public V1.Decoder.DecoderClient Decoder { get; }

    public virtual Task<IStartedLab> StartAnotherAsync(string? modelsRoot, CancellationToken cancellation) => throw Foreign();

    public virtual Task<ITracedLab> StartTracedAsync(CancellationToken cancellation) => throw Foreign();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static ExperimentException Foreign() =>
        new("it starts a second lab, which nobody can beside services that run already; lab experiment run without addresses starts its own");

    private CallInvoker Invoker(Uri address)
    {
        var channel = new LabChannel(address, _credentials, static options => options.MaxReceiveMessageSize = MaximumMessage);
        _channels.Add(channel);
        return channel.Invoker;
    }
}
