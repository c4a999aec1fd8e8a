using System.Collections.Concurrent;
using System.Diagnostics;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks.Fleet;

/// <summary>What one request saw.</summary>
/// <param name="Number">Which request.</param>
/// <param name="Started">Timestamp.</param>
/// <param name="Tokens">Ids in order.</param>
/// <param name="FirstToken">Seconds to the first token.</param>
/// <param name="LongestPause">Seconds between two tokens, at most.</param>
/// <param name="Error">How it failed; null: it did not.</param>
internal sealed record FleetAnswer(
    int Number, long Started, IReadOnlyList<int> Tokens, double FirstToken, double LongestPause, string? Error)
{
    /// <summary>Seconds to the end.</summary>
    public double Seconds { get; init; }
}

/// <summary>
/// A number of clients, each of which sends its next request when the one before has ended. Request n is the
/// same in every run, whoever sends it.
/// </summary>
/// <param name="orchestrator">Where to.</param>
/// <param name="request">Request n.</param>
internal sealed class FleetLoad(V1.Orchestrator.OrchestratorClient orchestrator, Func<int, GenerateRequest> request)
{
    private readonly ConcurrentQueue<FleetAnswer> _answers = new();
    private int _next = -1;

    /// <summary>What came so far.</summary>
    public IReadOnlyCollection<FleetAnswer> Answers => _answers;

    /// <summary>Runs until enough requests are answered and <paramref name="done"/> has ended.</summary>
    public async Task RunAsync(int clients, int least, Task done, CancellationToken cancellation)
    {
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref _next) is var number && (number < least || !done.IsCompleted))
            {
                _answers.Enqueue(await AnswerAsync(number, cancellation));
            }
        }));
        await done;
    }

    /// <summary>Sends request n by itself.</summary>
    public async Task<FleetAnswer> AnswerAsync(int number, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var (last, first, pause) = (started, 0.0, 0.0);
        List<int> tokens = [];
        string? error = null;
        try
        {
            using var call = orchestrator.Generate(request(number), cancellationToken: cancellation);
            var finish = FinishReason.Error;
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
            {
                if (response.Token is { } token)
                {
                    var now = Stopwatch.GetTimestamp();
                    (first, pause) = tokens.Count == 0
                        ? (Stopwatch.GetElapsedTime(started, now).TotalSeconds, 0)
                        : (first, Math.Max(pause, Stopwatch.GetElapsedTime(last, now).TotalSeconds));
                    last = now;
                    error = token.Index == tokens.Count ? error : $"token {token.Index} came in place of token {tokens.Count}";
                    tokens.Add(token.TokenId);
                }

                finish = response.Finished?.Reason ?? finish;
            }

            error ??= finish == FinishReason.Error ? "the generation ended with an error" : null;
        }
        catch (RpcException failure) when (!cancellation.IsCancellationRequested)
        {
            error = $"{failure.StatusCode}: {failure.Status.Detail}";
        }

        return new FleetAnswer(number, started, tokens, first, pause, error) { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
    }
}
