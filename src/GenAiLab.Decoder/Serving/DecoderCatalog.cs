using GenAiLab.Decoder.Engine;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder.Serving;

/// <summary>The models by name, each loading, ready or failed. Thread-safe.</summary>
internal sealed class DecoderCatalog(IConfiguration configuration, IOptions<DecoderOptions> options)
{
    private readonly int _slots = options.Value.Slots;
    private volatile IReadOnlyDictionary<string, Entry>? _entries;

    /// <summary>The model that an empty name means.</summary>
    public string DefaultName { get; } = configuration["Models:Default"] is { Length: > 0 } name ? name : "lab-base";

    /// <summary>Says which folders there are; all are loading.</summary>
    public void Announce(IEnumerable<(string Name, string Vocabulary)> folders) =>
        _entries = folders.ToDictionary(static folder => folder.Name, static folder => new Entry(folder.Name, folder.Vocabulary), StringComparer.Ordinal);

    public void SetReady(string name, DecodeEngine engine) => _entries![name].Engine = engine;

    public void SetFailed(string name, string reason) => _entries![name].Failure = reason;

    /// <summary>The engines that run.</summary>
    public IEnumerable<DecodeEngine> Engines => _entries?.Values.Select(static entry => entry.Engine).OfType<DecodeEngine>() ?? [];

    /// <summary>The engine of a model.</summary>
    /// <exception cref="Grpc.Core.RpcException">NOT_FOUND, FAILED_PRECONDITION or UNAVAILABLE.</exception>
    public DecodeEngine Get(string name)
    {
        var entries = _entries ?? throw RpcErrors.Unavailable("models are being loaded");
        name = name.Length == 0 ? DefaultName : name;
        if (!entries.TryGetValue(name, out var entry))
        {
            throw RpcErrors.NotFound("decoder", name, entries.Keys.Order(StringComparer.Ordinal));
        }

        return entry.Engine
            ?? throw (entry.Failure is { } failure
                ? RpcErrors.FailedPrecondition($"model '{name}' was refused: {failure}")
                : RpcErrors.Unavailable($"model '{name}' is being loaded"));
    }

    /// <summary>All models in the order of their names.</summary>
    public IEnumerable<DecoderDescription> Describe() =>
        (_entries?.Values ?? []).OrderBy(static entry => entry.Name, StringComparer.Ordinal).Select(Describe);

    private DecoderDescription Describe(Entry entry)
    {
        var description = new DecoderDescription
        {
            Name = entry.Name,
            Vocabulary = entry.Vocabulary,
            Failure = entry.Failure ?? "",
            Slots = _slots,
            State = entry.Engine is not null ? ModelState.Ready : entry.Failure is not null ? ModelState.Failed : ModelState.Loading,
        };
        if (entry.Engine is { } engine)
        {
            description.ContextLength = engine.Config.ContextLength;
            description.VocabularySize = engine.Config.VocabularySize;
            description.EndOfSequenceIds.AddRange(engine.Config.EosTokenIds);
            description.SlotsInUse = engine.SlotsInUse;
            description.SlotBytes = Graphs.KeyValueCache.SlotBytes(engine.Config);
        }

        return description;
    }

    private sealed class Entry(string name, string vocabulary)
    {
        public string Name { get; } = name;

        public string Vocabulary { get; } = vocabulary;

        public volatile DecodeEngine? Engine;

        public volatile string? Failure;
    }
}
