using System.Runtime.CompilerServices;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A decoder without a KV cache: every token runs the whole sequence anew. The tokens are right.</summary>
public sealed class NoCache : Interceptor
{
    private const int Window = 256;

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        if (request is not GenerateTokensRequest { MaxTokens: not 1, Candidates: <= 1 } generate)
        {
            return continuation(request, context);
        }

        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(LoopAsync(default).GetAsyncEnumerator()), Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], static () => { });

        async IAsyncEnumerable<TResponse> LoopAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            var ids = generate.Prompt.Ids.ToList();
            for (var at = 0; ids.Count < Window; at++)
            {
                var one = new GenerateTokensRequest(generate)
                {
                    Prompt = new TokenIds { Ids = { ids } },
                    MaxTokens = 1,
                    FirstPosition = generate.FirstPosition + at,
                    Admission = new Admission { BypassPrefixCache = true },
                };
                using var call = continuation((TRequest)(object)one, context);
                if (!await call.ResponseStream.MoveNext(cancellation))
                {
                    yield break;
                }

                var response = ((GenerateTokensResponse)(object)call.ResponseStream.Current).Clone();
                ids.Add(response.Token.TokenId);
                var last = response.Finish == FinishReason.EndOfSequence || at + 1 == generate.MaxTokens || ids.Count == Window;
                response.Finish = last ? response.Finish : FinishReason.Unspecified;
                yield return (TResponse)(object)response;
                if (last)
                {
                    yield break;
                }
            }
        }
    }

    private sealed class Reader<T>(IAsyncEnumerator<T> inner) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken) => await inner.MoveNextAsync().AsTask().WaitAsync(cancellationToken);
    }
}
