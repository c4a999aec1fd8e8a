using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Speculation;

/// <summary>
/// Asks a smaller model, which samples with the same program, seed and positions: where the two distributions agree,
/// the same random number chooses the same token, so more guesses are kept than of two independent draws.
/// <para>
/// Each guess is a call of its own in pushdown mode: the draft's prefix cache remembers the text, and nothing has to be
/// taken back when guesses were wrong. A draft model that fails or is slow costs the guesses, never the text.
/// </para>
/// </summary>
internal sealed class DraftGuesser(IDecoders decoders, GenerationPlan plan, DraftSpeculation speculation, CallLimits options, TimeProvider time, ILogger logger)
    : IGuesser
{
    /// <summary>After so many failures in a row the stream goes on without guesses.</summary>
    public const int MaximumFailures = 3;

    /// <summary>A guess that takes longer would not make anything faster.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly PlacementRequest _place = decoders.Describe(speculation.Draft.Name, plan.PromptIdList());
    private readonly HashSet<ulong> _excluded = [];
    private DecoderLease? _lease;
    private int _failures;

    public async ValueTask<IReadOnlyList<int>> GuessAsync(IReadOnlyList<int> tokens, int count, CancellationToken cancellation)
    {
        count = Math.Min(count, speculation.Draft.ContextLength - tokens.Count);
        if (count < 1 || _failures >= MaximumFailures)
        {
            return [];
        }

        _lease ??= decoders.Acquire(_place with { PromptTokens = tokens.Count }, _excluded);
        if (_lease is not { } lease)
        {
            Failed("no decoder serves it now");
            _excluded.Clear();
            return [];
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease.Lost, patience.Token);
        try
        {
            var guesses = await AskAsync(lease.Client, tokens, count, linked.Token);
            _failures = 0;
            return guesses;
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            lease.Failed(error);
            Failed(error.Status.Detail);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Who waited so long once would wait again.
            _failures = Math.Max(_failures, lease.Lost.IsCancellationRequested ? 0 : MaximumFailures - 1);
            Failed("it is too slow");
        }

        _excluded.Add(lease.Key);
        lease.Dispose();
        _lease = null;
        return [];
    }

    public void Dispose() => _lease?.Dispose();

    private async Task<IReadOnlyList<int>> AskAsync(V1.Decoder.DecoderClient decoder, IReadOnlyList<int> tokens, int count, CancellationToken cancellation)
    {
        var position = tokens.Count - plan.Prompt.Count;
        var sampling = plan.Sampling;
        if (sampling.MinTokens > position + count)
        {
            // More than it is asked for: all of it comes before the end may come.
            sampling = new SamplingProgram(sampling) { MinTokens = position + count };
        }

        var request = new GenerateTokensRequest
        {
            Model = speculation.Draft.Name,
            Prompt = new TokenIds { Ids = { tokens } },
            Sampling = sampling,
            MaxTokens = count,
            FirstPosition = position,
            Admission = new Admission { Tenant = plan.Tenant },
        };
        using var call = decoder.GenerateTokens(request, options.WithCancellationToken(cancellation));
        List<int> guesses = [];
        while (await call.ResponseStream.ReadAsync(cancellation))
        {
            if (call.ResponseStream.Current.Token is { } token)
            {
                guesses.Add(token.TokenId);
            }
        }

        return guesses;
    }

    private void Failed(string reason)
    {
        if (++_failures == MaximumFailures)
        {
            logger.GuessingGivenUp(speculation.Draft.Name, reason);
        }
    }
}
