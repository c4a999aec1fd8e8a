using System.Diagnostics;
using System.Text;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Chaos;

/// <summary>What one generation came to.</summary>
/// <param name="Number">Which request.</param>
/// <param name="Tokens">Ids in order, over all calls that it took.</param>
/// <param name="Text">What was shown, over all calls.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Error">What went wrong; null: nothing.</param>
internal sealed record ChaosAnswer(int Number, IReadOnlyList<int> Tokens, string Text, FinishReason Reason, string? Error)
{
    /// <summary>How it differs from an undisturbed run of the same request; null: it does not.</summary>
    public string? DifferenceFrom(ChaosAnswer calm) =>
        Error is not null ? $"request {Number}: {Error}"
        : !Tokens.SequenceEqual(calm.Tokens)
            ? $"request {Number}: other tokens from {Tokens.Zip(calm.Tokens).TakeWhile(static pair => pair.First == pair.Second).Count()} on ({Tokens.Count} of {calm.Tokens.Count})"
        : Text != calm.Text ? $"request {Number}: the tokens are the same and the text is not"
        : Reason != calm.Reason ? $"request {Number}: ended by {Reason}, not by {calm.Reason}"
        : null;
}

/// <summary>What a client notices of a fault. Called from many threads.</summary>
internal interface IChaosObserver
{
    /// <summary>A token came; so long after the one before it, or after the request.</summary>
    void TokenCame(TimeSpan pause);

    /// <summary>The service moved the stream to another decoder.</summary>
    void Resumed();

    /// <summary>The call to this orchestrator ended with UNAVAILABLE, and the client goes on at another one with the tokens it has.</summary>
    void Retried(int orchestrator, RpcException error);
}

/// <summary>
/// A client that does what docs/operate-balance.md asks of one: when its call ends with UNAVAILABLE it sends the request
/// again, elsewhere, with the tokens that it has.
/// </summary>
/// <param name="lab">Where to.</param>
/// <param name="seed">Of the run.</param>
/// <param name="observer">Who is told.</param>
internal sealed class ChaosClient(ChaosLab lab, int seed, IChaosObserver observer)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs request n to its end.</summary>
    public async Task<ChaosAnswer> RunAsync(int number, CancellationToken cancellation)
    {
        List<int> tokens = [];
        var text = new StringBuilder();
        var (last, failingSince, orchestrator) = (Stopwatch.GetTimestamp(), 0L, number);
        while (true)
        {
            var request = ChaosRequests.Create(number, seed);
            request.ResumeTokens.Add(tokens);
            try
            {
                using var call = lab.Orchestrator(orchestrator).Generate(request, cancellationToken: cancellation);
                await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
                {
                    switch (response.EventCase)
                    {
                        case GenerateResponse.EventOneofCase.Token:
                            if (response.Token.Index != tokens.Count)
                            {
                                return Failed($"token {response.Token.Index} came in place of token {tokens.Count}");
                            }

                            tokens.Add(response.Token.TokenId);
                            text.Append(response.Token.Text);
                            observer.TokenCame(Stopwatch.GetElapsedTime(last));
                            (last, failingSince) = (Stopwatch.GetTimestamp(), 0);
                            break;
                        case GenerateResponse.EventOneofCase.Resumed:
                            observer.Resumed();
                            break;
                        case GenerateResponse.EventOneofCase.Finished:
                            text.Append(response.Finished.Text);
                            return new ChaosAnswer(number, tokens, text.ToString(), response.Finished.Reason, null);
                    }
                }

                return Failed("the stream ended without an end");
            }
            catch (RpcException error) when (!cancellation.IsCancellationRequested)
            {
                failingSince = failingSince == 0 ? Stopwatch.GetTimestamp() : failingSince;
                if (!CanRetry(error) || Stopwatch.GetElapsedTime(failingSince) > Patience)
                {
                    return Failed($"{error.StatusCode}: {error.Status.Detail}");
                }

                observer.Retried(orchestrator % lab.Replicas, error);
                orchestrator++;
                await Task.Delay(RetryPause, cancellation);
            }
        }

        ChaosAnswer Failed(string error) => new(number, tokens, text.ToString(), FinishReason.Error, error);
    }

    // What an orchestrator that is there answers is final but for UNAVAILABLE; of one that is gone the connection breaks.
    private static bool CanRetry(RpcException error) =>
        error.StatusCode == StatusCode.Unavailable || error.Status.DebugException is HttpRequestException or IOException;
}
