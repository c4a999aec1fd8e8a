using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>Cuts texts into the tokens of a model's vocabulary.</summary>
internal sealed class TextEncoder(V1.Tokenizer.TokenizerClient tokenizer, PieceCache cache)
{
    /// <summary>A text as the model takes it, with what the vocabulary adds to one, such as a beginning-of-sequence token.</summary>
    /// <exception cref="RpcException">The tokenizer's error; FAILED_PRECONDITION when it does not serve the model's vocabulary.</exception>
    public async Task<EncodeResponse> EncodeAsync(DecoderDescription model, string text, CallLimits options)
    {
        var request = new EncodeRequest { Vocabulary = VocabularyOf(model), Text = text, AddSpecialTokens = true };
        return await AskAsync(model, () => tokenizer.EncodeAsync(request, options).ResponseAsync, options.CancellationToken);
    }

    /// <summary>What a vocabulary's name means now; null: the tokenizer does not serve it.</summary>
    /// <exception cref="RpcException">The tokenizer's error.</exception>
    public async Task<VocabularyIdentity?> FindAsync(string name, CallLimits options)
    {
        if (name.Length == 0)
        {
            return null; // The tokenizer would list all.
        }

        var request = new ListVocabulariesRequest { Names = { name } };
        var listing = await DownstreamCall.InvokeAsync(
            "tokenizer", () => tokenizer.ListVocabulariesAsync(request, options).ResponseAsync, options.CancellationToken);
        return listing.Vocabularies.FirstOrDefault();
    }

    /// <summary>The bytes of a model's tokens.</summary>
    /// <exception cref="RpcException">As <see cref="EncodeAsync"/>.</exception>
    public async Task<PieceTable> PiecesAsync(DecoderDescription model, CallLimits options)
    {
        // Encoding the empty text is the cheapest way to ask which vocabulary a name means now.
        var encoded = await EncodeAsync(model, "", options);
        return await cache.GetAsync(encoded.Vocabulary, options);
    }

    /// <summary>The name of a model's vocabulary.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: it has none.</exception>
    public static string VocabularyOf(DecoderDescription model) => model.Vocabulary.Length > 0
        ? model.Vocabulary
        : throw RpcErrors.FailedPrecondition($"model '{model.Name}' has no vocabulary: its folder has no usable tokenizer.json");

    /// <summary>Calls the tokenizer about a model's vocabulary.</summary>
    /// <exception cref="RpcException">The tokenizer's error; FAILED_PRECONDITION when it does not serve the vocabulary.</exception>
    public static async Task<T> AskAsync<T>(DecoderDescription model, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await DownstreamCall.InvokeAsync("tokenizer", call, cancellation);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            // The caller never named a vocabulary.
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' needs the vocabulary '{model.Vocabulary}', which the tokenizer does not serve");
        }
    }
}
