using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Classifier.Tests;

/// <summary>A Tokenizer whose ids are bytes, with a special token on either side where they are asked for; it can be held up.</summary>
internal sealed class ByteTokenizer : V1.Tokenizer.TokenizerBase
{
    public const int Begin = 257;
    public const int End = 258;

    public string Sha256 { get; set; } = TinyClassifier.Sha256;

    /// <summary>The vocabularies that it knows.</summary>
    public HashSet<string> Names { get; } = ["lab-topics"];

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

        if (!Names.Contains(request.Vocabulary))
        {
            throw RpcErrors.NotFound("vocabulary", request.Vocabulary, Names);
        }

        return new EncodeResponse
        {
            Vocabulary = new VocabularyIdentity { Name = request.Vocabulary, Sha256 = Sha256, Size = TinyClassifier.Vocabulary },
            Tokens = { Encode(request.Text, request.AddSpecialTokens).Select(static id => new Token { Id = id }) },
        };
    }

    public static int[] Encode(string text, bool addSpecialTokens)
    {
        var ids = Encoding.UTF8.GetBytes(text).Select(static id => (int)id);
        return [.. addSpecialTokens ? ids.Prepend(Begin).Append(End) : ids];
    }
}
