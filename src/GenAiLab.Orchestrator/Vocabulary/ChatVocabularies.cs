using GenAiLab.Orchestrator.Downstream;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>Vocabularies by what they can spell.</summary>
/// <param name="Chat">Those with a chat template.</param>
/// <param name="Tools">Those of them whose template carries tools.</param>
internal sealed record ChatAbilities(IReadOnlySet<string> Chat, IReadOnlySet<string> Tools);

/// <summary>Which vocabularies have a chat template: what tells a model for conversations from one that continues texts.</summary>
internal sealed class ChatVocabularies(V1.Tokenizer.TokenizerClient tokenizer)
{
    /// <summary>What these vocabularies can spell; null when the tokenizer does not answer.</summary>
    public async Task<ChatAbilities?> FindAsync(IEnumerable<string> names, CallLimits options)
    {
        var request = new ListVocabulariesRequest { Names = { names.Where(static name => name.Length > 0).Distinct() } };
        if (request.Names.Count == 0)
        {
            return new ChatAbilities(new HashSet<string>(), new HashSet<string>()); // Without names the tokenizer would list all.
        }

        try
        {
            var response = await DownstreamCall.InvokeAsync(
                "tokenizer", () => tokenizer.ListVocabulariesAsync(request, options).ResponseAsync, options.CancellationToken);
            return new ChatAbilities(response.ChatVocabularies.ToHashSet(StringComparer.Ordinal), response.ToolVocabularies.ToHashSet(StringComparer.Ordinal));
        }
        catch (RpcException)
        {
            return null; // A listing of models is worth having without it.
        }
    }
}
