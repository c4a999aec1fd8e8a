using System.Collections.Concurrent;
using GenAiLab.Decoder.Engine;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Microsoft.Extensions.Options;

namespace GenAiLab.Decoder.Serving;

/// <summary>The models by name, each loading, ready, failed or not loaded. Thread-safe.</summary>
internal sealed class DecoderCatalog(IConfiguration configuration, IOptions<DecoderOptions> options)
{
    private readonly DecoderOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<DecodeEngine, bool> _replaced = new();
    private volatile bool _announced;
    private volatile bool _draining;

    /// <summary>The model that an empty name means.</summary>
    public string DefaultName { get; } = configuration["Models:Default"] is { Length: > 0 } name ? name : "lab-base";

    /// <summary>Another one for each process: who sees a new one knows that the caches are empty.</summary>
    public string InstanceId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Takes no new streams, of whatever model.</summary>
    public bool IsDraining => _draining;

    /// <summary>The engines that run, those among them that were replaced and have streams to end.</summary>
    public IEnumerable<DecodeEngine> Engines => _entries.Values.Select(static entry => entry.Engine).OfType<DecodeEngine>().Concat(_replaced.Keys);

    /// <summary>The engines among them that were replaced.</summary>
    public IEnumerable<DecodeEngine> Replaced => _replaced.Keys;

    /// <summary>Says which folders there are; those that are new are loading.</summary>
    public void Announce(IEnumerable<(string Name, string Vocabulary)> folders)
    {
        foreach (var (name, vocabulary) in folders)
        {
            _entries.TryAdd(name, new Entry(name, vocabulary));
        }

        _announced = true;
    }

    /// <summary>Takes no new streams from now on.</summary>
    public void StopAdmission() => _draining = true;

    /// <summary>What there is to do, by model that serves.</summary>
    public IEnumerable<ModelLoad> Loads() => _entries.Values
        .Where(static entry => entry.Engine is { Failure: null, IsDraining: false })
        .OrderBy(static entry => entry.Name, StringComparer.Ordinal)
        .Select(entry => Load(entry.Name, entry.Engine))
        .OfType<ModelLoad>();

    public bool Contains(string name) => _entries.ContainsKey(name);

    public void SetLoading(string name) => (_entries[name].Failure, _entries[name].IsUnloaded) = (null, false);

    public void SetReady(string name, DecodeEngine engine, Determinism determinism)
    {
        _entries[name].Determinism = determinism;
        _entries[name].Engine = engine;
    }

    /// <summary>Puts an engine in the place of another, which is among <see cref="Engines"/> until <see cref="Forget"/>.</summary>
    public void Replace(string name, DecodeEngine old, DecodeEngine engine, Determinism determinism)
    {
        _replaced[old] = true;
        SetReady(name, engine, determinism);
    }

    /// <summary>An engine that was replaced is freed.</summary>
    public void Forget(DecodeEngine replaced) => _replaced.TryRemove(replaced, out _);

    public void SetFailed(string name, string reason) => _entries[name].Failure = reason;

    public void SetUnloaded(string name) => (_entries[name].Engine, _entries[name].IsUnloaded) = (null, true);

    /// <summary>The engine of a model, or null when it has none now.</summary>
    public DecodeEngine? Find(string name) => _entries.TryGetValue(name, out var entry) ? entry.Engine : null;

    /// <summary>The engine of a model.</summary>
    /// <exception cref="Grpc.Core.RpcException">NOT_FOUND, FAILED_PRECONDITION or UNAVAILABLE.</exception>
    public DecodeEngine Get(string name)
    {
        if (_draining)
        {
            throw RpcErrors.Leaving("the service is being drained");
        }

        if (!_announced)
        {
            throw RpcErrors.Unavailable("models are being loaded");
        }

        name = name.Length == 0 ? DefaultName : name;
        if (!_entries.TryGetValue(name, out var entry))
        {
            throw RpcErrors.NotFound("decoder", name, _entries.Keys.Order(StringComparer.Ordinal));
        }

        return entry.Engine
            ?? throw (entry.Failure is { } failure ? RpcErrors.FailedPrecondition($"model '{name}' was refused: {failure}")
                : entry.IsUnloaded ? RpcErrors.FailedPrecondition($"model '{name}' was unloaded")
                : RpcErrors.Unavailable($"model '{name}' is being loaded"));
    }

    /// <summary>All models in the order of their names.</summary>
    public IEnumerable<DecoderDescription> Describe() => _entries.Values.OrderBy(static entry => entry.Name, StringComparer.Ordinal).Select(Describe);

    /// <summary>One model.</summary>
    public DecoderDescription Describe(string name) => Describe(_entries[name]);

    private DecoderDescription Describe(Entry entry)
    {
        var engine = entry.Engine;
        var description = new DecoderDescription
        {
            Name = entry.Name,
            Vocabulary = entry.Vocabulary,
            Failure = engine?.Failure ?? entry.Failure ?? "",
            Slots = _options.Slots,
            State = engine is { Failure: null } ? ModelState.Ready
                : engine is not null || entry.Failure is not null ? ModelState.Failed
                : entry.IsUnloaded ? ModelState.Unloaded : ModelState.Loading,
        };
        if (engine is not null)
        {
            description.ContextLength = engine.Config.ContextLength;
            description.VocabularySize = engine.Config.VocabularySize;
            description.EndOfSequenceIds.AddRange(engine.Config.EosTokenIds);
            description.Slots = engine.Graph.Slots;
            description.SlotsInUse = engine.SlotsInUse;
            description.SlotBytes = engine.Graph.SlotBytes;
            description.Waiting = engine.Waiting;
            description.Draining = engine.IsDraining || _draining;
            description.WeightFormat = engine.Graph.WeightFormat;
            description.PromptFormat = engine.Graph.PromptFormat;
            description.ExecutionProvider = engine.Graph.ExecutionProvider;
            description.Determinism = entry.Determinism;
            description.TokensInUse = engine.TokensInUse;
            description.CachedTokens = engine.CachedTokens;
            description.CacheBytes = engine.Graph.CacheBytes;
            description.Card = ModelCards.Of(engine.Graph);
            description.GraphSha256 = engine.Graph.Sha256;
        }

        return description;
    }

    private ModelLoad? Load(string name, DecodeEngine? engine) => engine is null ? null : new ModelLoad
    {
        Model = name,
        Slots = engine.Graph.Slots,
        SlotsInUse = engine.SlotsInUse,
        Waiting = engine.Waiting,
        PendingPromptTokens = engine.Prompts.Pending,
        PrefixGranularity = _options.Deterministic ? engine.Graph.MaximumTokens : 1,
        PromptTokens = engine.Prompts.Admitted,
        CachedPromptTokens = engine.Prompts.Cached,
        TokensRun = engine.TokensRun,
    };

    private sealed class Entry(string name, string vocabulary)
    {
        public string Name { get; } = name;

        public string Vocabulary { get; } = vocabulary;

        public Determinism Determinism { get; set; }

        public volatile DecodeEngine? Engine;

        public volatile string? Failure;

        public volatile bool IsUnloaded;
    }
}
