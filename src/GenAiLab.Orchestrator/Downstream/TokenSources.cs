using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Speculation;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>A stream of one decoder's, opened by enumeration and ended by its disposal.</summary>
internal interface IDecoderStream
{
    /// <param name="decoder">Whose.</param>
    /// <param name="plan">The generation.</param>
    /// <param name="generated">Tokens generated so far, by whichever decoder; the stream goes on after them.</param>
    /// <param name="options">Deadline and cancellation.</param>
    IAsyncEnumerable<LoopStep> GenerateAsync(
        V1.Decoder.DecoderClient decoder, GenerationPlan plan, IReadOnlyList<int> generated, CallLimits options);
}

/// <summary>The ways to get tokens, each outliving its decoder.</summary>
internal sealed class TokenSources(IDecoders decoders, HedgedOpening hedging, ClassifierCalls classifier, TimeProvider time, ILogger<TokenSources> logger)
{
    private readonly ResumingTokenSource _pushdown = new(decoders, new PushdownTokenSource(), hedging, time, logger);
    private readonly ResumingTokenSource _step = new(decoders, new StepTokenSource(classifier, time), hedging, time, logger);
    private readonly ResumingTokenSource _speculative = new(decoders, new SpeculativeTokenSource(decoders, time, logger), hedging, time, logger);

    /// <summary>What a plan asks for.</summary>
    public ResumingTokenSource For(GenerationPlan plan) =>
        plan.Speculation is not null ? _speculative : plan.Mode == LoopMode.Step ? _step : _pushdown;

    /// <summary>The same over a stream of one's own.</summary>
    public ResumingTokenSource Resuming(IDecoderStream stream) => new(decoders, stream, hedging, time, logger);
}
