using System.Runtime.ExceptionServices;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Search;

/// <summary>
/// The streams of one search at one decoder, one for each unfinished continuation. The first has the slots of all
/// reserved, so that no search waits in its middle for another. A continuation that two grow from is forked, which
/// copies its keys and values instead of running its tokens again; one that nothing grows from is ended.
/// For one caller at a time.
/// </summary>
internal sealed class BeamStreams : IAsyncDisposable
{
    private readonly DecoderLease _lease;
    private readonly GenerationPlan _plan;
    private readonly BeamDistributions _form;
    private readonly CancellationTokenSource _cancellation;
    private readonly CallLimits _options;
    private Dictionary<BeamHypothesis, StepStream> _streams = [];
    private Exception? _failure;

    /// <param name="lease">The place; the caller's.</param>
    /// <param name="plan">The search.</param>
    /// <param name="form">What to ask for.</param>
    /// <param name="options">Deadline and cancellation.</param>
    public BeamStreams(DecoderLease lease, GenerationPlan plan, BeamDistributions form, CallLimits options)
    {
        (_lease, _plan, _form) = (lease, plan, form);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, lease.Lost);
        _options = options.WithCancellationToken(_cancellation.Token);
    }

    /// <summary>Begins with these continuations, of one length: the prompt alone, or those that another decoder had.</summary>
    /// <returns>What the decoder says of each, in order.</returns>
    /// <exception cref="RpcException">A stream has failed; then all are to be left.</exception>
    public async Task<StepResponse[]> OpenAsync(IReadOnlyList<BeamHypothesis> live)
    {
        var (root, tokens) = (live[0], Ids(live[0]));
        var open = Open(new TokenIds { Ids = { _plan.PromptIdList(), tokens } });
        open.ReservedForks = _plan.Beam!.Width - 1;
        open.ReplayedTokens = tokens.Length;
        var first = await Begin(root, open);
        var stream = _streams[root];
        StepResponse[] others = await AllAsync(live.Skip(1).Select(hypothesis =>
        {
            var own = Ids(hypothesis);
            var common = tokens.AsSpan().CommonPrefixLength(own);
            return Begin(hypothesis, Fork(stream, common, own[common..]));
        }));
        return [first, .. others];
    }

    /// <summary>The next step.</summary>
    /// <param name="live">Each has grown from one of those before it.</param>
    /// <inheritdoc cref="OpenAsync"/>
    public async Task<StepResponse[]> AdvanceAsync(IReadOnlyList<BeamHypothesis> live)
    {
        var before = _streams;
        _streams = [];
        var ended = before.Where(stream => live.All(hypothesis => hypothesis.Parent != stream.Key)).Select(static stream => stream.Value).ToList();
        HashSet<BeamHypothesis> taken = [];
        // A slot of the reserve that a fork needs may be one that is about to be free: neither waits for the other here.
        var ending = Task.WhenAll(ended.Select(static stream => stream.DisposeAsync().AsTask()));
        var answers = AllAsync(live.Select(hypothesis =>
        {
            var stream = before[hypothesis.Parent!];
            if (!taken.Add(hypothesis.Parent!))
            {
                return Begin(hypothesis, Fork(stream, hypothesis.Parent!.Length, [hypothesis.Token.Id]));
            }

            _streams[hypothesis] = stream;
            return AskAsync(() => stream.AppendAsync(new StepAppend { TokenIds = { hypothesis.Token.Id } }));
        }));
        await Task.WhenAll(ending, answers);
        return await answers;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_streams.Values.Select(static stream => stream.DisposeAsync().AsTask()));
        _cancellation.Dispose();
    }

    private Task<StepResponse> Begin(BeamHypothesis hypothesis, StepOpen open)
    {
        var stream = new StepStream(_lease.Client, _options);
        _streams[hypothesis] = stream;
        return AskAsync(() => stream.OpenAsync(open));
    }

    // What goes wrong first is what went wrong: the others are let go of, and say only that.
    private async Task<StepResponse> AskAsync(Func<Task<StepResponse?>> ask)
    {
        try
        {
            return await ask() ?? throw ServiceDefaults.RpcErrors.Unavailable("the decoder has ended the stream");
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
            await _cancellation.CancelAsync();
            throw;
        }
    }

    private async Task<StepResponse[]> AllAsync(IEnumerable<Task<StepResponse>> answers)
    {
        try
        {
            return await Task.WhenAll([.. answers]);
        }
        catch (Exception) when (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
            throw;
        }
    }

    private StepOpen Fork(StepStream stream, int length, int[] tokens)
    {
        var open = Open(new TokenIds { Ids = { tokens } });
        open.Fork = new ForkPoint { SessionId = stream.SessionId, Length = _plan.Prompt.Count + length };
        return open;
    }

    private StepOpen Open(TokenIds prompt) => new()
    {
        Model = _plan.Model.Name,
        Prompt = prompt,
        Form = _form.Form,
        Top = _form.Top,
        Admission = new Admission { Tenant = _plan.Tenant },
    };

    private static int[] Ids(BeamHypothesis hypothesis) => [.. hypothesis.Tokens().Select(static token => token.Id)];
}
