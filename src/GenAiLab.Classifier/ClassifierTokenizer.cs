using GenAiLab.Classifier.Folders;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Classifier;

/// <summary>Text to ids by the Tokenizer service, in the vocabulary of the model's folder.</summary>
internal sealed class ClassifierTokenizer(V1.Tokenizer.TokenizerClient client)
{
    /// <summary>
    /// The ids of a text, with the special tokens that the vocabulary adds unless the model is one of the lab's, which
    /// are trained without; special tokens that are spelled out in the text are text.
    /// </summary>
    /// <exception cref="RpcException">UNAVAILABLE: it cannot be reached. FAILED_PRECONDITION: it serves another vocabulary.</exception>
    public async Task<long[]> EncodeAsync(TextClassifier model, string text, DateTime deadline, CancellationToken cancellation)
    {
        var response = await CallAsync(model, text, deadline, cancellation);
        if (response.Vocabulary?.Sha256 != model.VocabularySha256)
        {
            throw RpcErrors.FailedPrecondition($"the tokenizer's vocabulary '{model.Name}' is not the one in the classifier's folder");
        }

        var ids = new long[response.Tokens.Count];
        for (var at = 0; at < ids.Length; at++)
        {
            ids[at] = response.Tokens[at].Id;
            if ((ulong)ids[at] >= (ulong)model.VocabularySize)
            {
                throw RpcErrors.FailedPrecondition(
                    $"classifier '{model.Name}' takes {model.VocabularySize} token ids, but its tokenizer.json has more");
            }
        }

        return ids;
    }

    private async Task<EncodeResponse> CallAsync(TextClassifier model, string text, DateTime deadline, CancellationToken cancellation)
    {
        var request = new EncodeRequest { Vocabulary = model.Name, Text = text, AddSpecialTokens = model.AddsSpecialTokens };
        try
        {
            return await client.EncodeAsync(request, deadline: deadline, cancellationToken: cancellation);
        }
        catch (RpcException error) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("the call ended before its answer", error, cancellation);
        }
        catch (RpcException error)
        {
            throw error.StatusCode switch
            {
                StatusCode.DeadlineExceeded or StatusCode.InvalidArgument or StatusCode.ResourceExhausted => error,
                StatusCode.NotFound or StatusCode.FailedPrecondition =>
                    RpcErrors.FailedPrecondition($"the tokenizer does not serve the vocabulary '{model.Name}': {error.Status.Detail}"),
                StatusCode.Internal or StatusCode.Unknown => new RpcException(new Status(StatusCode.Internal, "the tokenizer failed")),
                _ => RpcErrors.Unavailable("the tokenizer cannot be reached; try again, or pass tokens instead of text"),
            };
        }
    }
}
