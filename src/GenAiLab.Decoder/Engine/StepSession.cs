using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Sampling;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Decoder.Engine;

/// <summary>Step mode: the caller chooses each token from the distribution.</summary>
/// <param name="stream">The prompt.</param>
/// <param name="form">What a response carries.</param>
/// <param name="top">Candidates of the short form.</param>
/// <param name="allowed">The tokens that the first distribution may hold, as a bitmap; empty: all.</param>
/// <param name="cancellation">The call's token.</param>
internal sealed class StepSession(ScheduledStream stream, DistributionForm form, int top, ByteString allowed, CancellationToken cancellation)
    : DecodeSession(stream, cancellation)
{
    private readonly Channel<StepResponse> _responses = Channel.CreateBounded<StepResponse>(1);
    private readonly Lock _gate = new();
    private readonly List<int> _history = [.. stream.Tokens];
    private readonly List<NextTokenDistribution> _described = [];
    private StepAppend? _append;
    private ByteString _allowed = allowed;
    private bool _everyPosition;
    private bool _answered;
    private bool _awaitsClient;

    /// <summary>Names the stream to whoever wants to fork it.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>One response per <see cref="Append"/>, and one for the prompt.</summary>
    public ChannelReader<StepResponse> Responses => _responses.Reader;

    public override bool AwaitsClient => _awaitsClient;

    /// <summary>The caller has answered, and the loop has not seen it yet.</summary>
    public bool HasAppend
    {
        get
        {
            lock (_gate)
            {
                return _append is not null;
            }
        }
    }

    /// <summary>Tokens so far, as the caller knows them.</summary>
    public int Length
    {
        get
        {
            lock (_gate)
            {
                return _history.Count;
            }
        }
    }

    /// <summary>The first tokens so far, or null when there are not as many.</summary>
    public int[]? Prefix(int length)
    {
        lock (_gate)
        {
            return length <= _history.Count ? [.. _history.Take(length)] : null;
        }
    }

    /// <summary>The caller's choice, checked. To be called after the response before it was read.</summary>
    public void Append(StepAppend append)
    {
        lock (_gate)
        {
            var kept = append.HasRewindTo ? append.RewindTo : _history.Count;
            _history.RemoveRange(kept, _history.Count - kept);
            _history.AddRange(append.TokenIds);
            _append = append;
            Requested();
        }
    }

    public override bool Prepare()
    {
        lock (_gate)
        {
            if (_append is { } append)
            {
                _append = null;
                if (append.HasRewindTo)
                {
                    Stream.Rewind(append.RewindTo);
                }

                Stream.Append([.. append.TokenIds]);
                (_everyPosition, _allowed) = (append.EveryPosition, append.AllowedTokens);
                _awaitsClient = false;
            }
        }

        return _responses.Reader.Count == 0;
    }

    public override int Rows(int start, int count) =>
        _everyPosition ? count : start + count == Stream.Tokens.Count ? 1 : 0;

    public override void Accept(ReadOnlySpan<float> logits, int rows)
    {
        var vocabulary = logits.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            _described.Add(Describe(logits.Slice(row * vocabulary, vocabulary)));
        }

        // Tokens that are more than one run takes are answered together.
        if (Stream.Computed < Stream.Tokens.Count)
        {
            return;
        }

        var response = new StepResponse { Position = Stream.Tokens.Count, Distribution = _described[^1], Timing = TakeTiming() };
        response.Earlier.AddRange(_described.Take(_described.Count - 1));
        _described.Clear();

        if (!_answered)
        {
            (response.SessionId, response.CachedPromptTokens) = (Id, Stream.Reused);
        }

        _answered = _awaitsClient = true;
        _responses.Writer.TryWrite(response);
    }

    public override void Fail()
    {
        Finished = true;
        _responses.Writer.TryWrite(new StepResponse { Position = Stream.Computed, Finish = FinishReason.Error, Timing = TakeTiming() });
    }

    protected override void Complete() => _responses.Writer.TryComplete();

    private NextTokenDistribution Describe(ReadOnlySpan<float> logits)
    {
        var distribution = new NextTokenDistribution { LogSumExp = (float)Distribution.LogSumExp(logits) };
        if (form == DistributionForm.Full)
        {
            distribution.AllLogits = ByteString.CopyFrom(MemoryMarshal.AsBytes(logits));
        }
        else
        {
            var (ids, values) = _allowed.IsEmpty ? TopCandidates.Select(logits, top) : AllowedTokens.Select(logits, _allowed.Span, top);
            distribution.TokenIds.AddRange(ids);
            distribution.Logits.AddRange(values);
        }

        return distribution;
    }
}
