using GenAiLab.Client;
using GenAiLab.Experiments.Running;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.WebConsole.Services;

/// <summary>
/// Clients of the lab's services, at <c>services:NAME:grpc:0</c> or where <c>lab up</c> puts them, with the credentials
/// of the environment (GENAILAB_API_KEY, GENAILAB_CA, GENAILAB_CERT, GENAILAB_KEY). Thread-safe.
/// </summary>
internal sealed class LabServices : IDisposable
{
    // Of one lab; what is listed beyond is not looked at.
    private const int MaximumDecoders = 64;
    private readonly Dictionary<string, LabChannel> _channels;
    private readonly List<LabChannel> _furtherDecoders;

    public LabServices(IConfiguration configuration)
    {
        var credentials = LabCredentials.FromEnvironment();
        var addresses = Names.Select((name, at) => (name, address: new Uri(configuration[$"services:{name}:grpc:0"] ?? $"http://127.0.0.1:{5100 + at}")))
            .ToDictionary(static pair => pair.name, static pair => pair.address);
        _channels = addresses.ToDictionary(static pair => pair.Key, pair => new LabChannel(pair.Value, credentials));
        Addresses = new LabAddressSet(addresses["orchestrator"], addresses["tokenizer"], addresses["classifier"], addresses["decoder"]);
        _furtherDecoders = [.. Enumerable.Range(1, MaximumDecoders - 1).Select(at => configuration[$"services:decoder:grpc:{at}"])
            .TakeWhile(static address => address is { Length: > 0 }).Select(address => new LabChannel(new Uri(address!), credentials))];
        Decoders = [.. _furtherDecoders.Prepend(_channels["decoder"]).Select(static (channel, at) => new DecoderReplica(at + 1, channel.Invoker))];
    }

    /// <summary>The services, in order of their ports.</summary>
    public static IReadOnlyList<string> Names { get; } = ["orchestrator", "tokenizer", "classifier", "decoder", "preferences"];

    /// <summary>Where those are that experiments call.</summary>
    public LabAddressSet Addresses { get; }

    /// <summary>All decoders, in the order in which they are configured.</summary>
    public IReadOnlyList<DecoderReplica> Decoders { get; }

    public Orchestrator.OrchestratorClient Orchestrator => new(Invoker("orchestrator"));

    public Tokenizer.TokenizerClient Tokenizer => new(Invoker("tokenizer"));

    public Classifier.ClassifierClient Classifier => new(Invoker("classifier"));

    public Decoder.DecoderClient Decoder => new(Invoker("decoder"));

    public TrainingRecords.TrainingRecordsClient TrainingRecords => new(Invoker("decoder"));

    public AttentionMaps.AttentionMapsClient AttentionMaps => new(Invoker("decoder"));

    public Preferences.PreferencesClient Preferences => new(Invoker("preferences"));

    /// <summary>The standard health of one service.</summary>
    public Health.HealthClient Health(string service) => new(Invoker(service));

    public void Dispose()
    {
        foreach (var channel in _channels.Values.Concat(_furtherDecoders))
        {
            channel.Dispose();
        }
    }

    private CallInvoker Invoker(string service) => _channels[service].Invoker;
}

/// <summary>One of the decoders among which the orchestrator spreads streams.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Invoker">How it is called.</param>
public sealed record DecoderReplica(int Number, CallInvoker Invoker)
{
    public Decoder.DecoderClient Decoder => new(Invoker);

    public DecoderControl.DecoderControlClient Control => new(Invoker);

    public Health.HealthClient Health => new(Invoker);
}
