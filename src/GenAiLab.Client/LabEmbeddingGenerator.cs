using System.Text;
using Grpc.Core;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>
/// The lab's models as an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>, over <c>Orchestrator.Embed</c>: vectors of
/// length 1, any number of texts. Thread-safe; make one and keep it.
/// <para>
/// <c>pooling</c> and <c>unnormalized</c> are set by name in <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>, or in a
/// <see cref="V1.OrchestratorEmbedRequest"/> from <see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/>. Errors are
/// <see cref="RpcException"/>s with the statuses of <c>Orchestrator.Embed</c>.
/// </para>
/// </summary>
public sealed class LabEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    // Of the contract's 256 texts and 1 MiB so many that the vectors of a wide model stay below 4 MiB.
    private const int MaximumTexts = 64;
    private const int MaximumBytes = 512 * 1024;

    private static readonly string[] Inputs = ["texts", "tokens"];

    private readonly V1.Orchestrator.OrchestratorClient _orchestrator;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private readonly LabChannel? _channel;

    /// <summary>A generator with a channel of its own, which ends with it. Nothing is sent before the first call.</summary>
    /// <param name="address">The orchestrator, as <see cref="LabChannel(Uri, LabCredentials?, Action{Grpc.Net.Client.GrpcChannelOptions}?)"/> takes it.</param>
    /// <param name="model">Whose hidden states the vectors are where the options name no model; null: the lab's default model.</param>
    /// <param name="credentials">What the orchestrator wants to see. Null: nothing.</param>
    /// <exception cref="Security.SecurityFileException">A PEM file cannot be used.</exception>
    public LabEmbeddingGenerator(Uri address, string? model = null, LabCredentials? credentials = null)
        : this(new LabChannel(address, credentials), address, model)
    {
    }

    /// <summary>A generator behind a channel or call invoker that stays the caller's.</summary>
    /// <param name="orchestrator">Channels have one: <see cref="LabChannel.Invoker"/>, <see cref="ChannelBase.CreateCallInvoker"/>.</param>
    /// <param name="model">Whose hidden states the vectors are where the options name no model; null: the lab's default model.</param>
    public LabEmbeddingGenerator(CallInvoker orchestrator, string? model = null)
        : this(orchestrator, address: null, model)
    {
    }

    internal LabEmbeddingGenerator(CallInvoker orchestrator, Uri? address, string? model)
    {
        _orchestrator = new V1.Orchestrator.OrchestratorClient(orchestrator);
        _metadata = new EmbeddingGeneratorMetadata("genailab", address, model);
    }

    private LabEmbeddingGenerator(LabChannel channel, Uri address, string? model)
        : this(channel.Invoker, address, model) =>
        _channel = channel;

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var settings = Settings(options);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        var tokens = 0L;
        foreach (var batch in Batches(values))
        {
            var request = settings.Clone();
            request.Texts.Add(batch);
            var response = await _orchestrator.EmbedAsync(request, cancellationToken: cancellationToken).ObserveAsync(cancellationToken);
            var now = DateTimeOffset.UtcNow;
            embeddings.AddRange(response.Embeddings.Select(embedding =>
                new Embedding<float>(embedding.Values.ToArray()) { ModelId = response.Model, CreatedAt = now }));
            tokens += response.Tokens;
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <summary>The generator itself, its <see cref="EmbeddingGeneratorMetadata"/>, or the generated client of the orchestrator.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(V1.Orchestrator.OrchestratorClient) ? _orchestrator
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Closes the channel that this generator made; calls that still run end.</summary>
    public void Dispose() => _channel?.Dispose();

    private V1.OrchestratorEmbedRequest Settings(EmbeddingGenerationOptions? options)
    {
        var settings = new V1.OrchestratorEmbedRequest
        {
            Model = options?.ModelId ?? _metadata.DefaultModelId ?? "",
            Dimensions = options?.Dimensions ?? 0,
        };
        NamedFields.Set(options?.AdditionalProperties, Inputs, settings);
        if (options?.RawRepresentationFactory?.Invoke(this) is V1.OrchestratorEmbedRequest raw)
        {
            settings.MergeFrom(raw);
        }

        return settings;
    }

    private static IEnumerable<List<string>> Batches(IEnumerable<string> texts)
    {
        var batch = new List<string>();
        var bytes = 0;
        foreach (var text in texts)
        {
            var more = Encoding.UTF8.GetByteCount(text);
            if (batch.Count == MaximumTexts || (batch.Count > 0 && bytes + more > MaximumBytes))
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }

            batch.Add(text);
            bytes += more;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
