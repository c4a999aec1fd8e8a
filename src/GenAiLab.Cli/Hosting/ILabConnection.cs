using GenAiLab.Client;

namespace GenAiLab.Cli.Hosting;

/// <summary>Clients of the lab's services, wherever they run.</summary>
internal interface ILabConnection : IAsyncDisposable
{
    V1.Orchestrator.OrchestratorClient Orchestrator { get; }

    V1.Classifier.ClassifierClient Classifier { get; }

    V1.Tokenizer.TokenizerClient Tokenizer { get; }

    V1.Preferences.PreferencesClient Preferences { get; }
}

/// <summary>A lab that runs already; the address is that of the one service that the command calls.</summary>
internal sealed class RemoteLab(Uri address, LabCredentials credentials) : ILabConnection
{
    private readonly LabChannel _channel = new(address, credentials);

    public V1.Orchestrator.OrchestratorClient Orchestrator => new(_channel.Invoker);

    public V1.Classifier.ClassifierClient Classifier => new(_channel.Invoker);

    public V1.Tokenizer.TokenizerClient Tokenizer => new(_channel.Invoker);

    public V1.Preferences.PreferencesClient Preferences => new(_channel.Invoker);

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }
}
