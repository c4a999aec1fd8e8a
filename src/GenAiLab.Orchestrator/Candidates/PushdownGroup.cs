using System.Threading.Channels;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>
/// Several candidates in pushdown mode: one call, in which the prompt is run once, told apart into a stream each.
/// When the decoder is lost, every stream ends with the same error and its candidate goes on by itself.
/// </summary>
internal sealed class PushdownGroup : IAsyncDisposable
{
    // As many as the decoder holds back for a candidate: beyond it the decoder halts.
    private const int Capacity = 64;
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    private readonly GenerationPlan _plan;
    private readonly SharedLease _shared;
    private readonly DecoderLease _lease;
    private readonly CancellationTokenSource _cancellation;
    private readonly AsyncServerStreamingCall<GenerateTokensResponse> _call;
    private readonly Channel<LoopStep>[] _channels;
    private Task _pump = Task.CompletedTask;
    private string _session = "";

    private PushdownGroup(GenerationPlan plan, DecoderLease lease, CallLimits options)
    {
        _plan = plan;
        _shared = new SharedLease(lease);
        _lease = _shared.Retain();
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, lease.Lost);
        var request = PushdownTokenSource.Request(plan, []);
        request.Candidates = plan.Candidates;
        _call = lease.Client.GenerateTokens(request, options.WithCancellationToken(_cancellation.Token));
        _channels = [.. Enumerable.Range(0, plan.Candidates).Select(static _ => Channel.CreateBounded<LoopStep>(Capacity))];
    }

    /// <summary>Opens the call, where there is room for it.</summary>
    /// <exception cref="RpcException">No decoder takes it.</exception>
    public static async Task<PushdownGroup> OpenAsync(GenerationPlan plan, ReplicaMoves moves, CallLimits options)
    {
        while (true)
        {
            var lease = await moves.PlaceAsync(generated: 0, options.CancellationToken);
            var group = new PushdownGroup(plan, lease, options);
            try
            {
                // Until the first token came the whole group may begin elsewhere.
                await group.BeginAsync();
                return group;
            }
            catch (RpcException error)
            {
                moves.Lost(lease, error, generated: 0);
            }
            catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !options.CancellationToken.IsCancellationRequested)
            {
                moves.Lost(lease, Unreachable(), generated: 0);
            }

            await group.DisposeAsync();
        }
    }

    /// <summary>A candidate's stream; to be asked for once.</summary>
    public Seat Seat(int candidate) => new(_shared.Retain(), _ => StepsAsync(candidate));

    public async ValueTask DisposeAsync()
    {
        await _cancellation.CancelAsync();
        await _pump;
        _call.Dispose();
        _lease.Dispose();
        _cancellation.Dispose();
    }

    private async Task BeginAsync()
    {
        var any = await _call.ResponseStream.ReadAsync(_cancellation.Token);
        if (any)
        {
            _session = _call.ResponseStream.Current.SessionId;
            await DeliverAsync(_call.ResponseStream.Current);
        }

        _pump = PumpAsync();
    }

    private async Task PumpAsync()
    {
        await Task.Yield();
        Exception? error = null;
        try
        {
            while (await _call.ResponseStream.ReadAsync(_cancellation.Token))
            {
                await DeliverAsync(_call.ResponseStream.Current);
            }
        }
        catch (OperationCanceledException) when (_lease.Lost.IsCancellationRequested)
        {
            error = Unreachable();
        }
        catch (Exception failure)
        {
            error = failure;
        }

        foreach (var channel in _channels)
        {
            channel.Writer.TryComplete(error);
        }
    }

    private async ValueTask DeliverAsync(GenerateTokensResponse response)
    {
        if ((uint)response.Candidate >= (uint)_channels.Length)
        {
            throw new InvalidDataException("The decoder answered for a candidate that nobody asked for.");
        }

        var writer = _channels[response.Candidate].Writer;
        // A candidate that has ended by our own rules takes no more.
        while (await writer.WaitToWriteAsync(_cancellation.Token))
        {
            if (writer.TryWrite(PushdownTokenSource.Step(response)))
            {
                break;
            }
        }

        if (response.Finish != FinishReason.Unspecified)
        {
            writer.TryComplete();
        }
    }

    private async IAsyncEnumerable<LoopStep> StepsAsync(int candidate)
    {
        var channel = _channels[candidate];
        var finished = false;
        try
        {
            while (await channel.Reader.WaitToReadAsync(_cancellation.Token))
            {
                while (channel.Reader.TryRead(out var step))
                {
                    finished = step.Finish != FinishReason.Unspecified;
                    yield return step;
                }
            }
        }
        finally
        {
            if (channel.Writer.TryComplete() && !finished && !_cancellation.IsCancellationRequested)
            {
                await EndAsync(candidate);
            }
        }
    }

    // The others go on; this one's slot need not.
    private async Task EndAsync(int candidate)
    {
        try
        {
            var request = new EndCandidatesRequest
            {
                SessionId = _session,
                Candidates = { candidate },
                Admission = new Admission { Tenant = _plan.Tenant },
            };
            await _lease.Client.EndCandidatesAsync(request, deadline: DateTime.UtcNow + EndTimeout, cancellationToken: _cancellation.Token);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            // It has ended by itself, or the decoder is gone: then it costs nothing any more.
        }
    }

    private static RpcException Unreachable() => RpcErrors.Unavailable("the decoder service is not reachable");
}
