using System.Collections.Concurrent;

namespace GenAiLab.Client;

/// <summary>
/// Which models' chat templates carry tools, asked once a model. A model whose template does not cannot decide whether to
/// call one, but it can answer a result: so it is not offered tools then, unless the caller insists. The middleware
/// that calls functions drops a required tool after its first call, and would otherwise end in a refusal.
/// </summary>
internal sealed class ToolTemplates(V1.Orchestrator.OrchestratorClient orchestrator)
{
    private readonly ConcurrentDictionary<string, bool> _carriesTools = new();

    public async ValueTask AdaptAsync(V1.ChatRequest request, CancellationToken cancellation)
    {
        if (request.ToolChoice is null && request.Tools.Count > 0 && request.Messages is [.., { ToolCallId.Length: > 0 }]
            && !await CarriesToolsAsync(request.Settings.Model, cancellation))
        {
            request.ToolChoice = new V1.ToolChoice { Mode = V1.ToolMode.None };
        }
    }

    private async ValueTask<bool> CarriesToolsAsync(string model, CancellationToken cancellation)
    {
        if (_carriesTools.TryGetValue(model, out var known))
        {
            return known;
        }

        var listing = await orchestrator.ListModelsAsync(new V1.ListModelsRequest(), cancellationToken: cancellation).ObserveAsync(cancellation);
        var description = listing.Models.FirstOrDefault(description => description.Name == (model.Length > 0 ? model : listing.DefaultModel));
        if (description is not { HasHasTools: true })
        {
            // Not known yet, or no such model: the orchestrator says what is wrong.
            return true;
        }

        return _carriesTools[model] = description.HasTools;
    }
}
