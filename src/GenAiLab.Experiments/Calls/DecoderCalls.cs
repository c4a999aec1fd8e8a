using System.Runtime.InteropServices;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Experiments.Calls;

/// <summary>Calls of the decoder, on token ids.</summary>
public static class DecoderCalls
{
    /// <summary>What the decoder says of a model.</summary>
    /// <exception cref="ExperimentException">It does not serve it.</exception>
    public static async Task<DecoderDescription> DescribeAsync(this IExperimentLab lab, string model, CancellationToken cancellation) =>
        (await lab.Decoder.ListDecodersAsync(new ListDecodersRequest(), CallLimit.Options(cancellation)))
        .Decoders.FirstOrDefault(decoder => decoder.Name == model && decoder.State == ModelState.Ready)
        ?? throw new ExperimentException($"the model '{model}' is not served here; its folder belongs beside the other models, and lab train makes it");

    /// <summary>How probable each token is after those before it: one entry per token but the first.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="model">The model.</param>
    /// <param name="ids">At least 2; at most the context window.</param>
    /// <param name="alternatives">The most probable tokens reported at each place, in [0, 20].</param>
    /// <param name="cancellation">Ends the call.</param>
    public static async Task<IReadOnlyList<SampledToken>> ScoreAsync(
        this IExperimentLab lab, string model, IEnumerable<int> ids, int alternatives, CancellationToken cancellation)
    {
        var request = new ScoreRequest
        {
            Model = model,
            Tokens = new TokenIds { Ids = { ids } },
            Alternatives = alternatives,
            Admission = new Admission { BypassPrefixCache = true },
        };
        return (await lab.Decoder.ScoreAsync(request, CallLimit.Options(cancellation))).Tokens;
    }

    /// <summary>Sends any request in pushdown mode and reads the answer to its end; candidates come mixed.</summary>
    public static async Task<IReadOnlyList<GenerateTokensResponse>> GenerateTokensAsync(
        this IExperimentLab lab, GenerateTokensRequest request, CancellationToken cancellation)
    {
        using var call = lab.Decoder.GenerateTokens(request, CallLimit.Options(cancellation));
        var responses = new List<GenerateTokensResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            responses.Add(response);
        }

        return responses;
    }

    /// <summary>The whole distribution of the token after <paramref name="ids"/>.</summary>
    /// <returns>Natural logarithms of probabilities, one per id of the vocabulary.</returns>
    public static async Task<double[]> DistributionAsync(this IExperimentLab lab, string model, IEnumerable<int> ids, CancellationToken cancellation)
    {
        using var call = lab.Decoder.Step(CallLimit.Options(cancellation));
        await call.RequestStream.WriteAsync(
            new StepRequest
            {
                Open = new StepOpen
                {
                    Model = model,
                    Prompt = new TokenIds { Ids = { ids } },
                    Form = DistributionForm.Full,
                    Admission = new Admission { BypassPrefixCache = true },
                },
            },
            cancellation);
        if (!await call.ResponseStream.MoveNext(cancellation) || call.ResponseStream.Current.Distribution is not { } distribution)
        {
            throw new ExperimentException("the decoder gave no distribution");
        }

        var answer = LogProbabilities(distribution);
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
        }

        return answer;
    }

    /// <summary>Natural logarithms of probabilities from a distribution in the form FULL.</summary>
    public static double[] LogProbabilities(NextTokenDistribution distribution)
    {
        var logits = MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span);
        var answer = new double[logits.Length];
        for (var id = 0; id < answer.Length; id++)
        {
            answer[id] = (double)logits[id] - distribution.LogSumExp;
        }

        return answer;
    }
}
