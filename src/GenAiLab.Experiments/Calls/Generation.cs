using System.Text;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Experiments.Calls;

/// <summary>A whole answer of the orchestrator.</summary>
/// <param name="Started">The first event.</param>
/// <param name="Tokens">One event per token.</param>
/// <param name="Finished">The last event.</param>
public sealed record Generation(GenerationStarted Started, IReadOnlyList<GeneratedToken> Tokens, GenerationFinished Finished)
{
    /// <summary>The generated text, without the prompt.</summary>
    public string Text => Tokens.Aggregate(new StringBuilder(), static (text, token) => text.Append(token.Text)).Append(Finished.Text).ToString();

    /// <summary>The generated ids.</summary>
    public int[] Ids => [.. Tokens.Select(static token => token.TokenId)];

    /// <summary>The prompt's ids, special tokens included.</summary>
    public int[] Prompt => [.. Started.Prompt.Select(static piece => piece.Id)];
}

/// <summary>Calls of the orchestrator.</summary>
public static class GenerationCalls
{
    /// <summary>Sends any request and reads the answer to its end.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Generate</c>.</exception>
    /// <exception cref="ExperimentException">The model failed on the way.</exception>
    public static async Task<Generation> GenerateAsync(this IExperimentLab lab, GenerateRequest request, CancellationToken cancellation)
    {
        using var call = lab.Orchestrator.Generate(request, CallLimit.Options(cancellation));
        GenerationStarted? started = null;
        var tokens = new List<GeneratedToken>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Started:
                    started = response.Started;
                    break;
                case GenerateResponse.EventOneofCase.Token:
                    tokens.Add(response.Token);
                    break;
                case GenerateResponse.EventOneofCase.Finished when response.Finished.Reason != FinishReason.Error:
                    return new Generation(started!, tokens, response.Finished);
            }
        }

        throw new ExperimentException("the model failed before the answer was complete");
    }

    /// <summary>Continues a text greedily.</summary>
    public static Task<Generation> GreedyAsync(this IExperimentLab lab, string model, string text, int maxTokens, CancellationToken cancellation) =>
        lab.GenerateAsync(
            new GenerateRequest { Model = model, Text = text, MaxTokens = maxTokens, Sampling = new SamplingProgram { Temperature = 0 } }, cancellation);

    /// <summary>Continues a text by drawing from the model's own distribution.</summary>
    public static Task<Generation> SampleAsync(
        this IExperimentLab lab, string model, string text, int maxTokens, ulong seed, CancellationToken cancellation) =>
        lab.GenerateAsync(
            new GenerateRequest { Model = model, Text = text, MaxTokens = maxTokens, Sampling = new SamplingProgram { Temperature = 1, Seed = seed } }, cancellation);

    /// <summary>Whether a model of that name can be called.</summary>
    public static async Task<bool> ServesAsync(this IExperimentLab lab, string model, CancellationToken cancellation) =>
        (await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), CallLimit.Options(cancellation)))
        .Models.Any(served => served.Name == model && served.State == ModelState.Ready);

    /// <summary>Ends an experiment that cannot do without a model.</summary>
    /// <exception cref="ExperimentException">It is not served; the message says how to get it.</exception>
    public static async Task RequireAsync(this IExperimentLab lab, string model, CancellationToken cancellation)
    {
        if (!await lab.ServesAsync(model, cancellation))
        {
            throw new ExperimentException($"the model '{model}' is not served here; its folder belongs beside the other models, and lab train makes it");
        }
    }
}
