using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Where tokens come from: a stream of the decoder's, opened by enumeration and ended by its disposal.</summary>
internal interface ITokenSource
{
    IAsyncEnumerable<LoopStep> GenerateAsync(GenerationPlan plan, CallOptions options);
}

/// <summary>The two loop modes.</summary>
internal sealed class TokenSources(V1.Decoder.DecoderClient decoder, TimeProvider time)
{
    private readonly PushdownTokenSource _pushdown = new(decoder);
    private readonly StepTokenSource _step = new(decoder, time);

    public ITokenSource For(LoopMode mode) => mode == LoopMode.Step ? _step : _pushdown;
}
