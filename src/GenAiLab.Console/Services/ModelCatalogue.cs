using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.WebConsole.Services;

/// <summary>A model that can generate.</summary>
/// <param name="Description">As the orchestrator describes it.</param>
/// <param name="Medium">What it makes; unspecified: text.</param>
internal sealed record ServedModel(ModelDescription Description, MediaKind Medium)
{
    public string Name => Description.Name;

    /// <summary>Whether it takes a conversation.</summary>
    public bool Chats => Description.HasChatTemplate;
}

/// <summary>Which models are served, and what they make.</summary>
internal sealed class ModelCatalogue(LabServices services)
{
    /// <summary>All that are ready, in order of their names.</summary>
    /// <exception cref="RpcException">The orchestrator does not answer.</exception>
    public async Task<IReadOnlyList<ServedModel>> ReadyAsync(CancellationToken cancellation)
    {
        var models = await services.Orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation);
        return await Task.WhenAll(models.Models.Where(static model => model.State == ModelState.Ready).OrderBy(static model => model.Name, StringComparer.Ordinal)
            .Select(async model => new ServedModel(model, await MediumAsync(model.Name, cancellation))));
    }

    private async Task<MediaKind> MediumAsync(string vocabulary, CancellationToken cancellation)
    {
        try
        {
            var described = await services.Tokenizer.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = vocabulary }, cancellationToken: cancellation);
            return described.Codec?.Kind ?? MediaKind.Unspecified;
        }
        catch (RpcException)
        {
            // Without its vocabulary it can still be asked for text.
            return MediaKind.Unspecified;
        }
    }
}
