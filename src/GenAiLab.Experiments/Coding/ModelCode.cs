using GenAiLab.Experiments.Calls;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Experiments.Coding;

/// <summary>
/// A document as the bits by which a model was surprised: an arithmetic code whose symbols' shares are the decoder's
/// own distributions, read token by token in step mode. Needs a decoder that gives the same bits twice.
/// </summary>
/// <param name="lab">The lab.</param>
/// <param name="decoder">The model.</param>
internal sealed class ModelCode(IExperimentLab lab, DecoderDescription decoder)
{
    // Of 2^24 shares every token gets one, so that none is impossible.
    private const uint Shares = 1u << 24;

    /// <summary>Encodes the tokens after the first, and an end-of-sequence token.</summary>
    /// <param name="ids">At least 2, the beginning-of-sequence token first.</param>
    /// <param name="cancellation">Ends the calls.</param>
    public async Task<byte[]> EncodeAsync(IReadOnlyList<int> ids, CancellationToken cancellation)
    {
        var encoder = new ArithmeticEncoder();
        var at = 1;
        await WalkAsync(
            ids[0],
            frequencies =>
            {
                var token = at < ids.Count ? ids[at] : decoder.EndOfSequenceIds[0];
                at++;
                encoder.Encode(Before(frequencies, token), frequencies[token], Total(frequencies));
                return token;
            },
            ids.Count,
            cancellation);
        return encoder.Finish();
    }

    /// <summary>Gives back what was encoded: the tokens after the first, without the end-of-sequence token.</summary>
    /// <param name="first">The beginning-of-sequence token.</param>
    /// <param name="bytes">The code.</param>
    /// <param name="cancellation">Ends the calls.</param>
    public async Task<List<int>> DecodeAsync(int first, byte[] bytes, CancellationToken cancellation)
    {
        var reader = new ArithmeticDecoder(bytes);
        var tokens = new List<int>();
        await WalkAsync(
            first,
            frequencies =>
            {
                tokens.Add(reader.Decode(frequencies));
                return tokens[^1];
            },
            decoder.ContextLength - 1,
            cancellation);
        if (tokens.Count > 0 && decoder.EndOfSequenceIds.Contains(tokens[^1]))
        {
            tokens.RemoveAt(tokens.Count - 1);
        }

        return tokens;
    }

    // Asks for a distribution, lets the caller choose, feeds the choice back; to the end of the sequence or the most steps.
    private async Task WalkAsync(int first, Func<uint[], int> choose, int mostSteps, CancellationToken cancellation)
    {
        using var call = lab.Decoder.Step(CallLimit.Options(cancellation));
        var open = new StepOpen
        {
            Model = decoder.Name,
            Prompt = new TokenIds { Ids = { first } },
            Form = DistributionForm.Full,
            Admission = new Admission { BypassPrefixCache = true },
        };
        await call.RequestStream.WriteAsync(new StepRequest { Open = open }, cancellation);
        for (var step = 0; step < mostSteps && await call.ResponseStream.MoveNext(cancellation) && call.ResponseStream.Current.Distribution is { } distribution; step++)
        {
            var token = choose(Frequencies(DecoderCalls.LogProbabilities(distribution)));
            if (decoder.EndOfSequenceIds.Contains(token) || step + 1 == mostSteps)
            {
                break;
            }

            await call.RequestStream.WriteAsync(new StepRequest { Append = new StepAppend { TokenIds = { token } } }, cancellation);
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
        }
    }

    private static uint[] Frequencies(double[] logProbabilities) =>
        [.. logProbabilities.Select(value => 1 + (uint)(Math.Exp(value) * (Shares - logProbabilities.Length)))];

    private static uint Before(uint[] frequencies, int token) => Total(frequencies.AsSpan(0, token));

    private static uint Total(ReadOnlySpan<uint> frequencies)
    {
        uint total = 0;
        foreach (var frequency in frequencies)
        {
            total += frequency;
        }

        return total;
    }
}
