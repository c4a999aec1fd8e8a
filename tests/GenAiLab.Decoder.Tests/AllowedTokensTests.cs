using System.Runtime.InteropServices;
using CsCheck;
using GenAiLab.Decoder.Engine;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>Distributions of the tokens that a constraint allows.</summary>
public sealed class AllowedTokensTests
{
    private const int Vocabulary = 96;

    [Fact]
    public void TheBestOfASetAreThoseOfASortedList() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 40], Gen.Int, Gen.Double[0, 1]).Sample((vocabulary, k, seed, density) =>
        {
            var random = new Random(seed);
            // Few different values: ties matter.
            var logits = Enumerable.Range(0, vocabulary).Select(_ => (float)random.Next(-20, 20)).ToArray();
            var allowed = Enumerable.Range(0, vocabulary).Where(_ => random.NextDouble() < density).ToArray();
            var bitmap = Bitmap(vocabulary, allowed);
            // What stands behind the vocabulary is nobody's.
            bitmap[^1] |= (byte)(vocabulary % 8 == 0 ? 0 : 0xFF << (vocabulary % 8));
            Assert.Equal(allowed.Length > 0, AllowedTokens.Any(bitmap, vocabulary));
            var (ids, values) = AllowedTokens.Select(logits, bitmap, k);
            Assert.Equal(allowed.OrderByDescending(id => logits[id]).ThenBy(static id => id).Take(k), ids);
            Assert.Equal(ids.Select(id => logits[id]), values);
        });

    [Fact]
    public async Task OnlyAllowedTokensAreAmongTheCandidatesAndTheSumIsOverAll()
    {
        await using var host = await DecoderHost.StartAsync();
        using var full = host.Client.Step(DecoderHost.Options);
        using var top = host.Client.Step(DecoderHost.Options);
        int[] allowed = [3, 8, 9, 64, 95];
        var open = DecoderHost.Open([1, 2, 3], DistributionForm.Top, top: 3);
        open.Open.AllowedTokens = ByteString.CopyFrom(Bitmap(Vocabulary, allowed));
        AssertBest(await DecoderHost.ExchangeAsync(full, DecoderHost.Open([1, 2, 3])), await DecoderHost.ExchangeAsync(top, open), allowed, 3);

        // The next step has a set of its own, and the one after it none.
        var append = DecoderHost.Append(8);
        append.Append.AllowedTokens = ByteString.CopyFrom(Bitmap(Vocabulary, [17]));
        AssertBest(await DecoderHost.ExchangeAsync(full, DecoderHost.Append(8)), await DecoderHost.ExchangeAsync(top, append), [17], 1);
        AssertBest(
            await DecoderHost.ExchangeAsync(full, DecoderHost.Append(17)), await DecoderHost.ExchangeAsync(top, DecoderHost.Append(17)),
            [.. Enumerable.Range(0, Vocabulary)], 3);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("none")]
    [InlineData("full")]
    [InlineData("every position")]
    public async Task ASetThatBreaksTheContractIsRefused(string fault)
    {
        await using var host = await DecoderHost.StartAsync();
        var bitmap = fault switch
        {
            "short" => new byte[11],
            "long" => new byte[13],
            "none" => new byte[12],
            _ => Bitmap(Vocabulary, [1]),
        };
        bitmap[0] |= fault == "none" ? (byte)0 : (byte)1;
        var form = fault == "full" ? DistributionForm.Full : DistributionForm.Top;
        using var call = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1], form));
        var append = DecoderHost.Append(2);
        (append.Append.AllowedTokens, append.Append.EveryPosition) = (ByteString.CopyFrom(bitmap), fault == "every position");
        var failure = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(call, append));
        Assert.Equal((StatusCode.InvalidArgument, "append.allowed_tokens"), (failure.Code, failure.Field));

        if (fault != "every position")
        {
            using var second = host.Client.Step(DecoderHost.Options);
            var open = DecoderHost.Open([1], form);
            open.Open.AllowedTokens = ByteString.CopyFrom(bitmap);
            failure = await DecoderHost.FailureAsync(() => DecoderHost.ExchangeAsync(second, open));
            Assert.Equal((StatusCode.InvalidArgument, "open.allowed_tokens"), (failure.Code, failure.Field));
        }
    }

    private static void AssertBest(StepResponse full, StepResponse top, int[] allowed, int count)
    {
        var logits = MemoryMarshal.Cast<byte, float>(full.Distribution.AllLogits.Span).ToArray();
        Assert.Equal(allowed.OrderByDescending(id => logits[id]).Take(count), top.Distribution.TokenIds);
        Assert.Equal(top.Distribution.TokenIds.Select(id => logits[id]), top.Distribution.Logits);
        Assert.Equal(full.Distribution.LogSumExp, top.Distribution.LogSumExp);
    }

    private static byte[] Bitmap(int vocabulary, int[] tokens)
    {
        var bitmap = new byte[(vocabulary + 7) / 8];
        foreach (var token in tokens)
        {
            bitmap[token / 8] |= (byte)(1 << (token % 8));
        }

        return bitmap;
    }
}
