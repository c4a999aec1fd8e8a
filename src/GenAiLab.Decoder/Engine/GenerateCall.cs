using System.Security.Cryptography;
using System.Threading.Channels;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Models.Folders;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>A call in pushdown mode: a session per candidate, and one line of responses.</summary>
internal sealed class GenerateCall
{
    // A reader that lags this far behind halts its own streams, not its neighbours.
    private const int CapacityPerCandidate = 64;
    private readonly Channel<GenerateTokensResponse> _responses;
    private readonly int _capacity;
    private int _open;

    /// <param name="prompt">At least one id.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="request">The rest of the request, checked.</param>
    /// <param name="admission">Whose it is, and how urgent.</param>
    /// <param name="config">The model's.</param>
    /// <param name="cancellation">The call's token.</param>
    public GenerateCall(
        int[] prompt, SamplingOptions options, GenerateTokensRequest request, Admission admission, DecoderConfig config, CancellationToken cancellation)
    {
        (Request, Config) = (request, config);
        _open = Math.Max(1, request.Candidates);
        _capacity = CapacityPerCandidate * _open;
        // The last response of a candidate that is ended must find room as well.
        _responses = Channel.CreateBounded<GenerateTokensResponse>(new BoundedChannelOptions(_capacity + _open) { SingleReader = true });
        GenerateSession[] siblings = [.. Enumerable.Range(1, _open - 1).Select(candidate => Session(candidate, []))];
        First = Session(0, siblings);

        GenerateSession Session(int candidate, GenerateSession[] others)
        {
            var stream = new ScheduledStream(prompt)
            {
                Tenant = admission.Tenant,
                Priority = admission.Priority,
                // Siblings get the prompt's keys and values from the first when it is prefilled.
                UsesPrefixCache = !admission.BypassPrefixCache && candidate == 0,
                IsSibling = candidate > 0,
                Siblings = [.. others.Select(static other => other.Stream)],
            };
            stream.Replay(request.ReplayedTokens);
            return new GenerateSession(this, stream, candidate, options with { Seed = options.Seed + (ulong)candidate }, others, cancellation);
        }
    }

    /// <summary>Names the call to whoever wants to end some of its candidates.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Candidate 0, with the others as its siblings.</summary>
    public GenerateSession First { get; }

    /// <summary>The request.</summary>
    public GenerateTokensRequest Request { get; }

    /// <summary>How many there are; at least 1.</summary>
    public int Candidates => 1 + First.Siblings.Count;

    /// <summary>What the folder says of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>One response per token and candidate; a candidate's last one carries the reason.</summary>
    public ChannelReader<GenerateTokensResponse> Responses => _responses.Reader;

    /// <summary>Every candidate has ended.</summary>
    public bool IsCompleted => Volatile.Read(ref _open) == 0;

    /// <summary>Completes when no candidate holds a slot.</summary>
    public Task Released => First.Siblings.Count == 0 ? First.Released : Task.WhenAll(First.Siblings.Prepend(First).Select(static session => session.Released));

    /// <summary>Room for a response of each candidate.</summary>
    public bool HasRoom => _responses.Reader.Count + Math.Max(1, Request.Candidates) <= _capacity;

    /// <summary>The caller wants no more.</summary>
    public void Close()
    {
        First.Close();
        foreach (var sibling in First.Siblings)
        {
            sibling.Close();
        }
    }

    /// <summary>Ends a candidate, if it has not ended. The engine is to be woken.</summary>
    /// <returns>Completes when it holds no slot.</returns>
    public Task End(int candidate)
    {
        var session = candidate == 0 ? First : (GenerateSession)First.Siblings[candidate - 1];
        session.End();
        return session.Released;
    }

    /// <summary>Adds a response.</summary>
    public void Write(GenerateTokensResponse response) => _responses.Writer.TryWrite(response);

    /// <summary>A candidate has ended.</summary>
    public void Completed()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _responses.Writer.TryComplete();
        }
    }
}
