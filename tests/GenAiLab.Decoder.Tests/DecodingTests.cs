using System.Runtime.InteropServices;
using GenAiLab.Sampling;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Tests;

/// <summary>The numbers: the cache against whole forward passes, streams beside each other, both loop modes.</summary>
public sealed class DecodingTests
{
    private static readonly int[] Prompt = [5, 17, 80, 3, 41, 9, 66];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(128)]
    public async Task StepByStepIsTheSameAsAWholeForwardPass(int chunk)
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:PrefillChunk", $"{chunk}"));
        using var reference = new InferenceSession(TinyModel.Graph().ToByteArray());
        using var call = host.Client.Step(DecoderHost.Options);
        List<int> tokens = [.. Prompt];
        var response = await DecoderHost.ExchangeAsync(call, DecoderHost.Open(Prompt));
        foreach (var next in new[] { 1, 90, 44, 44, 2, 71, 30 })
        {
            Assert.Equal(tokens.Count, response.Position);
            var expected = WholeForward(reference, tokens);
            var logits = MemoryMarshal.Cast<byte, float>(response.Distribution.AllLogits.Span).ToArray();
            Assert.Equal(expected.Length, logits.Length);
            Assert.All(expected.Zip(logits), static pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            Assert.Equal(Distribution.LogSumExp(expected), response.Distribution.LogSumExp, 1e-4f);
            tokens.Add(next);
            response = await DecoderHost.ExchangeAsync(call, DecoderHost.Append(next));
        }
    }

    [Fact]
    public async Task AStreamAmongOthersIsTheSameAsAlone()
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:Slots", "3"));
        var requests = Enumerable.Range(0, 12).Select(static at => new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Enumerable.Range(at, 1 + (3 * at)).Select(static id => id % 96)),
            Sampling = new SamplingProgram { Seed = (ulong)at, Temperature = 1.5f },
            Alternatives = 3,
            IgnoreEndOfSequence = true,
        }).ToList();
        var alone = new List<List<SampledToken>>();
        foreach (var request in requests)
        {
            alone.Add([.. (await host.GenerateAsync(request)).Select(static response => response.Token)]);
        }

        var together = await Task.WhenAll(requests.Select(host.GenerateAsync));
        for (var at = 0; at < requests.Count; at++)
        {
            Assert.Equal(alone[at], together[at].Select(static response => response.Token));
        }
    }

    [Theory]
    [InlineData(DistributionForm.Full, 0)]
    [InlineData(DistributionForm.Top, 20)]
    [InlineData(DistributionForm.Unspecified, 0)]
    public async Task TheCallerWhoSamplesGetsTheTokensOfPushdown(DistributionForm form, int top)
    {
        await using var host = await DecoderHost.StartAsync();
        var options = new SamplingOptions { Temperature = 0.9f, TopK = 20, TopP = 0.9f, MinP = 0.01f, Seed = 99 };
        var pushed = await host.GenerateAsync(new GenerateTokensRequest
        {
            Prompt = DecoderHost.Ids(Prompt),
            Sampling = new SamplingProgram { Temperature = 0.9f, TopK = 20, TopP = 0.9f, MinP = 0.01f, Seed = 99 },
            FirstPosition = 4,
            IgnoreEndOfSequence = true,
        });

        using var call = host.Client.Step(DecoderHost.Options);
        var response = await DecoderHost.ExchangeAsync(call, DecoderHost.Open(Prompt, form, top));
        Assert.True(response.Timing.PrefillNanoseconds > 0);
        var at = 0;
        for (; response.Finish == FinishReason.Unspecified; at++)
        {
            var distribution = response.Distribution;
            var choice = form == DistributionForm.Full
                ? Sampler.Sample(MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span), options, 4 + at, 0)
                : Sampler.Sample(new CandidateSet([.. distribution.TokenIds], [.. distribution.Logits], distribution.LogSumExp), options, 4 + at, 0);
            Assert.Equal(pushed[at].Token.TokenId, choice.TokenId);
            Assert.Equal(pushed[at].Token.RawLogProbability, choice.RawLogProbability);
            Assert.Equal(pushed[at].Token.ProcessedLogProbability, choice.ProcessedLogProbability);
            response = await DecoderHost.ExchangeAsync(call, DecoderHost.Append(choice.TokenId));
        }

        Assert.Equal(FinishReason.ContextFull, response.Finish);
        Assert.Equal(pushed.Count, at);
        Assert.Equal(FinishReason.ContextFull, pushed[^1].Finish);
        Assert.Equal(TinyModel.Config.ContextLength - Prompt.Length, at);
    }

    [Fact]
    public async Task AGenerationEndsForTheReasonsOfTheContract()
    {
        int end;
        await using (var host = await DecoderHost.StartAsync())
        {
            var limited = await host.GenerateAsync(Greedy(maximum: 5));
            Assert.Equal(5, limited.Count);
            Assert.Equal(FinishReason.MaxTokens, limited[^1].Finish);
            Assert.All(limited[..^1], static response => Assert.Equal(FinishReason.Unspecified, response.Finish));
            Assert.All(limited[1..], static response => Assert.True(response.Timing.DecodeNanoseconds > 0));
            end = limited[2].Token.TokenId;
        }

        await using (var host = await DecoderHost.StartAsync(root => TinyModel.Write(root, "tiny", settings: TinyModel.Settings(endOfSequence: end))))
        {
            var ended = await host.GenerateAsync(Greedy(maximum: 5));
            Assert.Equal(FinishReason.EndOfSequence, ended[^1].Finish);
            Assert.Equal(end, ended[^1].Token.TokenId);
            var ignoring = Greedy(maximum: 5);
            ignoring.IgnoreEndOfSequence = true;
            Assert.Equal(FinishReason.MaxTokens, (await host.GenerateAsync(ignoring))[^1].Finish);
        }
    }

    [Fact]
    public async Task NumbersThatAreNoneEndTheirOwnStreamOnly()
    {
        await using var host = await DecoderHost.StartAsync(static root => TinyModel.WriteFailing(root, "tiny"), ("Decoder:Slots", "2"));
        var failing = Greedy(maximum: 0);
        var healthy = Greedy(maximum: 3);
        var expected = (await host.GenerateAsync(healthy)).ConvertAll(static response => response.Token);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(at => host.GenerateAsync(at % 2 == 0 ? failing : healthy)));
        for (var at = 0; at < results.Length; at++)
        {
            if (at % 2 == 0)
            {
                Assert.Equal(FinishReason.Error, results[at][^1].Finish);
                Assert.Null(results[at][^1].Token);
                Assert.Equal(1 + TinyModel.FailingPosition - Prompt.Length, results[at].Count - 1);
            }
            else
            {
                // Also in a slot that a failed stream has left full of NaN.
                Assert.Equal(expected, results[at].Select(static response => response.Token));
            }
        }

        using var step = host.Client.Step(DecoderHost.Options);
        var response = await DecoderHost.ExchangeAsync(step, DecoderHost.Open(Enumerable.Range(1, TinyModel.FailingPosition + 1)));
        Assert.Equal(FinishReason.Error, response.Finish);
        Assert.Null(response.Distribution);
        Assert.False(await step.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    private static GenerateTokensRequest Greedy(int maximum) => new()
    {
        Prompt = DecoderHost.Ids(Prompt),
        Sampling = new SamplingProgram { Temperature = 0 },
        MaxTokens = maximum,
    };

    private static float[] WholeForward(InferenceSession session, List<int> tokens)
    {
        List<NamedOnnxValue> inputs =
        [
            NamedOnnxValue.CreateFromTensor("input_ids", new DenseTensor<long>(tokens.Select(static id => (long)id).ToArray(), [1, tokens.Count])),
            NamedOnnxValue.CreateFromTensor("attention_mask", new DenseTensor<long>(tokens.Select(static _ => 1L).ToArray(), [1, tokens.Count])),
        ];
        inputs.AddRange(session.InputMetadata.Keys.Where(static name => name.StartsWith("past", StringComparison.Ordinal)).Select(static name =>
            NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>([1, TinyModel.Config.KeyValueHeads, 0, TinyModel.Config.HeadSize]))));
        using var results = session.Run(inputs, ["logits"]);
        return results[0].AsEnumerable<float>().TakeLast(TinyModel.Config.VocabularySize).ToArray();
    }
}
