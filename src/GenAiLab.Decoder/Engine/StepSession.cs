using System.Runtime.InteropServices;
using System.Threading.Channels;
using GenAiLab.Sampling;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Decoder.Engine;

/// <summary>Step mode: the caller chooses each token from the distribution.</summary>
internal sealed class StepSession(int[] prompt, DistributionForm form, int top, CancellationToken cancellation)
    : DecodeSession(prompt, cancellation)
{
    private readonly Channel<StepResponse> _responses = Channel.CreateBounded<StepResponse>(1);

    /// <summary>One response per <see cref="Append"/>, and one for the prompt.</summary>
    public ChannelReader<StepResponse> Responses => _responses.Reader;

    protected override bool HasRoom => _responses.Reader.Count == 0;

    /// <summary>The caller's choice. To be called after the response before it was read.</summary>
    public void Append(int token) => Continue(token);

    public override void Accept(ReadOnlySpan<float> logits)
    {
        var distribution = new NextTokenDistribution();
        if (form == DistributionForm.Full)
        {
            distribution.LogSumExp = (float)Distribution.LogSumExp(logits);
            distribution.AllLogits = ByteString.CopyFrom(MemoryMarshal.AsBytes(logits));
        }
        else
        {
            distribution.LogSumExp = (float)Distribution.LogSumExp(logits);
            var (ids, values) = TopCandidates.Select(logits, top);
            distribution.TokenIds.AddRange(ids);
            distribution.Logits.AddRange(values);
        }

        _responses.Writer.TryWrite(new StepResponse { Position = Position, Distribution = distribution, Timing = TakeTiming() });
    }

    public override void Fail()
    {
        Finished = true;
        _responses.Writer.TryWrite(new StepResponse { Position = Position, Finish = FinishReason.Error, Timing = TakeTiming() });
    }

    protected override void Complete() => _responses.Writer.TryComplete();
}
