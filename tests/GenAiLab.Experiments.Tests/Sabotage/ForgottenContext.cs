using System.Collections.Concurrent;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Rates every token as if nothing but the beginning of the text came before it.</summary>
public sealed class ForgottenContext : Interceptor
{
    private readonly ConcurrentDictionary<int, SampledToken> _known = new();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        return request is ScoreRequest score
            ? new AsyncUnaryCall<TResponse>(AnswerAsync(score), Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], static () => { })
            : continuation(request, context);

        async Task<TResponse> AnswerAsync(ScoreRequest score)
        {
            var answer = new ScoreResponse { Timing = new DecoderTiming() };
            foreach (var id in score.Tokens.Ids.Skip(1))
            {
                if (!_known.TryGetValue(id, out var token))
                {
                    var alone = new ScoreRequest(score) { Tokens = new TokenIds { Ids = { score.Tokens.Ids[0], id } } };
                    token = ((ScoreResponse)(object)await continuation((TRequest)(object)alone, context)).Tokens[0];
                    _known[id] = token;
                }

                answer.Tokens.Add(token);
            }

            return (TResponse)(object)answer;
        }
    }
}
