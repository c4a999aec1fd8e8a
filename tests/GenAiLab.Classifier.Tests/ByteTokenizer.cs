using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Classifier.Tests;

/// <summary>A Tokenizer whose ids are bytes; it can be held up.</summary>
internal sealed class ByteTokenizer : V1.Tokenizer.TokenizerBase
{
    public string Sha256 { get; set; } = TinyClassifier.Sha256;

    /// <summary>Calls wait for it where it is set.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Completes when a call has arrived.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EncodeRequest? Last { get; private set; }

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        Last = request;
        Arrived.TrySetResult();
        if (Gate is { } gate)
        {
            await gate.Task.WaitAsync(context.CancellationToken);
        }

        if (request.Vocabulary != "lab-topics")
        {
            throw RpcErrors.NotFound("vocabulary", request.Vocabulary, ["lab-topics"]);
        }

        return new EncodeResponse
        {
            Vocabulary = new VocabularyIdentity { Name = request.Vocabulary, Sha256 = Sha256, Size = TinyClassifier.Vocabulary },
            Tokens = { Encoding.UTF8.GetBytes(request.Text).Select(static id => new Token { Id = id }) },
        };
    }
}
