using System.Diagnostics;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>What a decoder did for a number of clients at a time.</summary>
/// <param name="Clients">Clients.</param>
/// <param name="TokensPerSecond">Of requests that were answered to their end.</param>
/// <param name="Answered">Requests.</param>
/// <param name="Refused">Times that a client was told to come back later.</param>
/// <param name="WithoutDelay">Of them, those that were not told when.</param>
/// <param name="Failed">Requests that ended in another way.</param>
/// <param name="Least">Requests that the client with the fewest had answered.</param>
/// <param name="Most">Requests that the client with the most had answered.</param>
/// <param name="WorkingSet">Bytes that the decoder used at the end.</param>
/// <param name="SecondsToIdle">From the last client's end to the last slot's.</param>
/// <param name="Wasted">Share of the tokens that the model was run on, which were for nobody: past the last that the client took.</param>
internal sealed record OverloadFigures(
    int Clients, double TokensPerSecond, int Answered, int Refused, int WithoutDelay, int Failed, int Least, int Most, long WorkingSet, double SecondsToIdle, double Wasted);

/// <summary>Clients without number at one decoder, which come back when they are told to.</summary>
/// <param name="decoder">The decoder.</param>
/// <param name="vocabulary">Tokens that its model knows.</param>
/// <param name="prompt">Tokens of a prompt.</param>
/// <param name="tokens">Tokens that a request generates.</param>
internal sealed class OverloadBenchmark(ServiceProcess decoder, int vocabulary, int prompt, int tokens)
{
    private const int ClientsOfAConnection = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>So many clients for so long, each with one request at a time.</summary>
    /// <param name="clients">Clients.</param>
    /// <param name="period">How long they begin requests.</param>
    /// <param name="leaving">Share of the requests whose client leaves at a random moment.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<OverloadFigures> RunAsync(int clients, TimeSpan period, double leaving, CancellationToken cancellation)
    {
        var channels = Enumerable.Range(0, (clients + ClientsOfAConnection - 1) / ClientsOfAConnection).Select(_ => GrpcChannel.ForAddress(decoder.Address)).ToList();
        var (answered, refused, withoutDelay, failed) = (new int[clients], 0, 0, 0);
        // Of a model that has nothing cached: the prompts are drawn, and no two begin alike.
        var (before, needed) = (await TokensRunAsync(cancellation), 0L);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => ClientAsync(client), cancellation)));
        var ended = Stopwatch.GetTimestamp();
        while ((await decoder.ReportLoadAsync(cancellation)).Models.Sum(static model => model.SlotsInUse + model.Waiting) > 0)
        {
            // Each look is a call: no more pause is needed.
        }

        var toIdle = Stopwatch.GetElapsedTime(ended).TotalSeconds;
        var seconds = Stopwatch.GetElapsedTime(began, ended).TotalSeconds;
        var run = await TokensRunAsync(cancellation) - before;
        channels.ForEach(static channel => channel.Dispose());
        return new OverloadFigures(
            clients, (double)answered.Sum() * tokens / seconds, answered.Sum(), refused, withoutDelay, failed, answered.Min(), answered.Max(), decoder.WorkingSet, toIdle, run == 0 ? 0 : Math.Max(0, 1 - ((double)needed / run)));

        async Task ClientAsync(int client)
        {
            var random = new Random(client);
            var channel = new V1.Decoder.DecoderClient(channels[client / ClientsOfAConnection]);
            while (Stopwatch.GetElapsedTime(began) < period)
            {
                using var leaves = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                var (isLeaving, count) = (random.NextDouble() < leaving, 0);
                try
                {
                    using var call = channel.GenerateTokens(Request(random), cancellationToken: leaves.Token);
                    var left = isLeaving ? random.Next(tokens) : tokens;
                    if (left == 0)
                    {
                        await leaves.CancelAsync();
                    }

                    while (await call.ResponseStream.MoveNext(leaves.Token))
                    {
                        count += call.ResponseStream.Current.Token is null ? 0 : 1;
                        if (count == left && isLeaving)
                        {
                            await leaves.CancelAsync();
                        }
                    }

                    answered[client] += isLeaving ? 0 : 1;
                }
                catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted)
                {
                    Interlocked.Increment(ref refused);
                    var delay = error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
                    if (delay is null)
                    {
                        Interlocked.Increment(ref withoutDelay);
                    }

                    // A little later than told, each at another time: all at once they would be refused together again.
                    var pause = (delay ?? LongestPause) * (1 + random.NextDouble());
                    await Task.Delay(pause < LongestPause ? pause : LongestPause, cancellation);
                }
                catch (Exception error) when (error is RpcException or OperationCanceledException && isLeaving && !cancellation.IsCancellationRequested)
                {
                    // It has left, as it was to.
                }
                catch (RpcException) when (!cancellation.IsCancellationRequested)
                {
                    Interlocked.Increment(ref failed);
                }
                finally
                {
                    // The last token that came was not run any more.
                    Interlocked.Add(ref needed, count == 0 ? 0 : prompt + count - 1);
                }
            }
        }
    }

    private async Task<long> TokensRunAsync(CancellationToken cancellation) =>
        (await decoder.ReportLoadAsync(cancellation)).Models.Sum(static model => model.TokensRun);

    private GenerateTokensRequest Request(Random random) => new()
    {
        Prompt = new TokenIds { Ids = { Enumerable.Range(0, prompt).Select(_ => random.Next(1, vocabulary)) } },
        MaxTokens = tokens,
        IgnoreEndOfSequence = true,
        Sampling = new SamplingProgram { Seed = (ulong)random.Next() },
    };
}
