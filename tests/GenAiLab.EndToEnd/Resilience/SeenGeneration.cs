using System.Text;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>What a client saw of one generation.</summary>
/// <param name="Tokens">By candidate.</param>
/// <param name="Texts">By candidate.</param>
/// <param name="Finished">By candidate.</param>
/// <param name="Pauses">What each <c>resumed</c> event said, in seconds.</param>
internal sealed record SeenGeneration(
    IReadOnlyList<IReadOnlyList<int>> Tokens, IReadOnlyList<string> Texts, IReadOnlyList<GenerationFinished> Finished, IReadOnlyList<double> Pauses)
{
    /// <summary>Whether a decoder was lost to it.</summary>
    public bool WasCut => Finished.Any(static finished => finished.Resumes > 0);

    /// <summary>Runs a generation to its end; a token that is lost or comes twice is an error.</summary>
    public static async Task<SeenGeneration> RunAsync(
        V1.Orchestrator.OrchestratorClient orchestrator, GenerateRequest request, Action? tokenCame, CancellationToken cancellation)
    {
        var count = Math.Max(1, request.Candidates);
        List<int>[] tokens = [.. Enumerable.Range(0, count).Select(static _ => new List<int>())];
        StringBuilder[] texts = [.. tokens.Select(static _ => new StringBuilder())];
        var (finished, resumes, pauses) = (new GenerationFinished[count], new int[count], new List<double>());
        using var call = orchestrator.Generate(request, cancellationToken: cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            var candidate = response.Candidate;
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Token:
                    Assert.Equal(tokens[candidate].Count, response.Token.Index);
                    tokens[candidate].Add(response.Token.TokenId);
                    texts[candidate].Append(response.Token.Text);
                    tokenCame?.Invoke();
                    break;
                case GenerateResponse.EventOneofCase.Resumed:
                    Assert.Equal(tokens[candidate].Count, response.Resumed.GeneratedTokens);
                    Assert.Equal(++resumes[candidate], response.Resumed.Resumes);
                    pauses.Add(response.Resumed.PauseNanoseconds / 1e9);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    Assert.Null(finished[candidate]);
                    finished[candidate] = response.Finished;
                    texts[candidate].Append(response.Finished.Text);
                    break;
            }
        }

        // A search tells nothing before it has ended.
        Assert.All(finished.Index(), one => Assert.True(request.BeamSearch is not null || one.Item.Resumes == resumes[one.Index], $"{request}"));
        return new SeenGeneration([.. tokens], [.. texts.Select(static text => text.ToString())], finished, pauses);
    }
}
