using System.Runtime.CompilerServices;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>Calls of the service as streams of <see cref="FaceEvent"/>; each ends its call when nobody reads on.</summary>
internal static class FaceStream
{
    /// <exception cref="RpcException">The call's status, at the first event or in the middle.</exception>
    public static async IAsyncEnumerable<FaceEvent> GenerateAsync(
        V1.Orchestrator.OrchestratorClient client, GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var call = client.Generate(request, cancellationToken: cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Started:
                    yield return new FaceStarted(response.Started.Model, response.Started.Vocabulary, response.Started.Prompt);
                    break;
                case GenerateResponse.EventOneofCase.Token:
                    yield return new FaceText(response.Candidate, response.Token.Text, response.Token);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    yield return new FaceText(response.Candidate, response.Finished.Text, null);
                    yield return new FaceFinished(response.Candidate, Usable(response.Finished));
                    break;
            }
        }
    }

    /// <exception cref="RpcException">The call's status, at the first event or in the middle.</exception>
    public static async IAsyncEnumerable<FaceEvent> ChatAsync(
        V1.Orchestrator.OrchestratorClient client, ChatRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var call = client.Chat(request, cancellationToken: cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            switch (response.EventCase)
            {
                case ChatResponse.EventOneofCase.Started:
                    yield return new FaceStarted(response.Started.Model, null, []);
                    break;
                case ChatResponse.EventOneofCase.Text:
                    yield return new FaceText(response.Candidate, response.Text, null);
                    break;
                case ChatResponse.EventOneofCase.ToolCall:
                    yield return new FaceToolCall(response.Candidate, response.ToolCall);
                    break;
                case ChatResponse.EventOneofCase.Finished:
                    yield return new FaceText(response.Candidate, response.Finished.Text, null);
                    yield return new FaceFinished(response.Candidate, Usable(response.Finished));
                    break;
            }
        }
    }

    /// <summary>Reads as far as the first event that says that a model runs: a refusal still comes as the answer, and not within one.</summary>
    /// <returns>The same events.</returns>
    public static async Task<IAsyncEnumerable<T>> BegunAsync<T>(IAsyncEnumerable<T> events, Func<T, bool> begins, CancellationToken cancellation)
    {
        var read = new List<T>();
        var rest = events.GetAsyncEnumerator(cancellation);
        try
        {
            while (await rest.MoveNextAsync())
            {
                read.Add(rest.Current);
                if (begins(rest.Current))
                {
                    break;
                }
            }
        }
        catch
        {
            await rest.DisposeAsync();
            throw;
        }

        return JoinAsync(read, rest);
    }

    private static async IAsyncEnumerable<T> JoinAsync<T>(List<T> read, IAsyncEnumerator<T> rest)
    {
        await using (rest)
        {
            foreach (var item in read)
            {
                yield return item;
            }

            while (await rest.MoveNextAsync())
            {
                yield return rest.Current;
            }
        }
    }

    // Reasons that no client of these faces knows are errors in theirs.
    private static GenerationFinished Usable(GenerationFinished finished) => finished.Reason switch
    {
        FinishReason.Error => throw new RpcException(new Status(StatusCode.Internal, "the model failed")),
        FinishReason.Deadline => throw new RpcException(new Status(StatusCode.DeadlineExceeded, "the deadline passed")),
        FinishReason.Cancelled => throw new RpcException(new Status(StatusCode.Cancelled, "the call was cancelled")),
        _ => finished,
    };
}
