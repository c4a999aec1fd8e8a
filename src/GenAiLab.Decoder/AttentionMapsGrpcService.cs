using GenAiLab.Decoder.Serving;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder;

/// <summary>The AttentionMaps of inspection.proto.</summary>
[RequiresScope(ApiScopes.Generate)]
public sealed class AttentionMapsGrpcService : AttentionMaps.AttentionMapsBase
{
    private readonly AttentionReading _reading;

    internal AttentionMapsGrpcService(AttentionReading reading) => _reading = reading;

    /// <inheritdoc/>
    public override Task<ReadAttentionResponse> ReadAttention(ReadAttentionRequest request, ServerCallContext context) =>
        _reading.ReadAsync(request, context.CancellationToken);
}
