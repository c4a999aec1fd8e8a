using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Where tokens come from, opened by enumeration and ended by its disposal.</summary>
internal interface ITokenSource
{
    IAsyncEnumerable<LoopStep> GenerateAsync(GenerationPlan plan, CallOptions options);
}

/// <summary>A stream of one decoder's, opened by enumeration and ended by its disposal.</summary>
internal interface IDecoderStream
{
    /// <param name="decoder">Whose.</param>
    /// <param name="plan">The generation.</param>
    /// <param name="generated">Tokens generated so far, by whichever decoder; the stream goes on after them.</param>
    /// <param name="options">Deadline and cancellation.</param>
    IAsyncEnumerable<LoopStep> GenerateAsync(
        V1.Decoder.DecoderClient decoder, GenerationPlan plan, IReadOnlyList<int> generated, CallOptions options);
}

/// <summary>The two loop modes.</summary>
internal sealed class TokenSources(IDecoders decoders, TimeProvider time, ILogger<TokenSources> logger)
{
    private readonly ResumingTokenSource _pushdown = new(decoders, new PushdownTokenSource(), logger);
    private readonly ResumingTokenSource _step = new(decoders, new StepTokenSource(time), logger);

    public ITokenSource For(LoopMode mode) => mode == LoopMode.Step ? _step : _pushdown;
}
