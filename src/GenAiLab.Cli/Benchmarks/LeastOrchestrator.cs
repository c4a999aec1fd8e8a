using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>
/// The least that could stand between a client and a decoder: passes tokens on and does nothing else. No text, no
/// sampling, no stops, no telemetry. What the orchestrator takes beyond it is the orchestrator's own.
/// </summary>
internal sealed class LeastOrchestrator(V1.Decoder.DecoderClient decoder) : V1.Orchestrator.OrchestratorBase
{
    public override async Task Generate(GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        if (request.Mode == LoopMode.Pushdown)
        {
            using var call = decoder.GenerateTokens(new GenerateTokensRequest { Prompt = request.Tokens, MaxTokens = request.MaxTokens }, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                await PassOnAsync(call.ResponseStream.Current.Token.TokenId);
            }

            return;
        }

        using var stream = decoder.Step(cancellationToken: cancellation);
        var next = new StepRequest { Open = new StepOpen { Prompt = request.Tokens } };
        for (var at = 0; at < request.MaxTokens; at++)
        {
            await stream.RequestStream.WriteAsync(next, cancellation);
            await stream.ResponseStream.MoveNext(cancellation);
            var token = stream.ResponseStream.Current.Distribution.TokenIds[0];
            next = new StepRequest { Append = new StepAppend { TokenIds = { token } } };
            await PassOnAsync(token);
        }

        Task PassOnAsync(int token) => responseStream.WriteAsync(new GenerateResponse { Token = new GeneratedToken { TokenId = token } }, cancellation);
    }
}
