using System.Diagnostics;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>One candidate in pushdown mode: tokens are chosen beside the logits.</summary>
internal sealed class GenerateSession(
    GenerateCall call, ScheduledStream stream, int candidate, SamplingOptions options, GenerateSession[] siblings, CancellationToken cancellation)
    : DecodeSession(stream, cancellation)
{
    private readonly TokenSampler _sampler = new(
        options, call.Config.VocabularySize, call.Config.EosTokenIds, stream.TokenSpan, call.Request.FirstPosition);

    private int _generated;
    private bool _answered;
    private volatile bool _ended;

    /// <summary>The call that it is one candidate of.</summary>
    public GenerateCall Call => call;

    public override IReadOnlyList<DecodeSession> Siblings => siblings;

    // A sibling whose prompt is not copied yet has nothing that could be run on.
    public override bool Prepare() => call.HasRoom && (!Stream.IsSibling || Stream.Computed > 0);

    public override int Rows(int start, int count) => start + count == Stream.Tokens.Count ? 1 : 0;

    public override void Accept(ReadOnlySpan<float> logits, int rows)
    {
        var started = Stopwatch.GetTimestamp();
        var choice = _sampler.Sample(logits, call.Request.Alternatives);
        _sampler.Accept(choice);
        _generated++;
        Timing.SampleNanoseconds = Nanoseconds(Stopwatch.GetTimestamp() - started);
        var finish = FinishAfter(choice.TokenId);
        Finished = finish != FinishReason.Unspecified;
        Write(new GenerateTokensResponse { Token = SampledTokens.From(choice), Finish = finish });
        if (!Finished)
        {
            Stream.Append([choice.TokenId]);
        }
    }

    public override void Fail()
    {
        Finished = true;
        Write(new GenerateTokensResponse { Finish = FinishReason.Error });
    }

    /// <summary>The caller wants no more of this candidate, but its last response.</summary>
    public void End()
    {
        _ended = true;
        Close();
    }

    protected override void Complete()
    {
        if (_ended && !Finished)
        {
            Write(new GenerateTokensResponse { Finish = FinishReason.Cancelled });
        }

        call.Completed();
    }

    private void Write(GenerateTokensResponse response)
    {
        (response.Timing, response.Candidate) = (TakeTiming(), candidate);
        if (!_answered && candidate == 0)
        {
            (response.SessionId, response.CachedPromptTokens) = (call.Id, Stream.Reused);
        }

        _answered = true;
        call.Write(response);
    }

    private FinishReason FinishAfter(int token)
    {
        var request = call.Request;
        if (!request.IgnoreEndOfSequence && call.Config.EosTokenIds.Contains(token))
        {
            return FinishReason.EndOfSequence;
        }

        if (request.MaxTokens > 0 && _generated >= request.MaxTokens)
        {
            return FinishReason.MaxTokens;
        }

        return Stream.Tokens.Count + 1 >= call.Config.ContextLength ? FinishReason.ContextFull : FinishReason.Unspecified;
    }
}
