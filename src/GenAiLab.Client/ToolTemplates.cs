using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>
/// Which models' chat templates carry tools, asked once a model, and what a conversation with tools looks like to one
/// whose template does not.
/// </summary>
internal sealed class ToolTemplates(V1.Orchestrator.OrchestratorClient orchestrator)
{
    private readonly ConcurrentDictionary<string, bool> _carriesTools = new();

    /// <summary>
    /// Spells calls and results as text where the template would refuse them. A model that is to answer a result is not
    /// offered tools again then: the middleware that calls functions drops a required tool after the first call.
    /// </summary>
    public async ValueTask AdaptAsync(V1.ChatRequest request, CancellationToken cancellation)
    {
        if (!request.Messages.Any(IsOfTools) || await CarriesToolsAsync(request.Settings.Model, cancellation))
        {
            return;
        }

        if (request.ToolChoice is null && request.Messages[^1].Role == ChatRole.Tool.Value)
        {
            request.ToolChoice = new V1.ToolChoice { Mode = V1.ToolMode.None };
        }

        var spelled = Spelled(request.Messages).ToList();
        request.Messages.Clear();
        request.Messages.Add(spelled);
    }

    private static bool IsOfTools(V1.ChatMessage message) => message.ToolCalls.Count > 0 || message.ToolCallId.Length > 0;

    /// <summary>Results in a row are one turn of the user: templates that have no tools often want the roles to alternate.</summary>
    private static IEnumerable<V1.ChatMessage> Spelled(IEnumerable<V1.ChatMessage> messages)
    {
        var names = new Dictionary<string, string>();
        V1.ChatMessage? results = null;
        foreach (var message in messages)
        {
            if (message.ToolCallId.Length > 0)
            {
                results ??= new V1.ChatMessage { Role = ChatRole.User.Value };
                var line = $"{names.GetValueOrDefault(message.ToolCallId, message.ToolCallId)}: {message.Content}";
                results.Content = results.HasContent ? $"{results.Content}\n{line}" : line;
                continue;
            }

            if (results is not null)
            {
                yield return results;
                results = null;
            }

            foreach (var call in message.ToolCalls)
            {
                names[call.Id] = call.Name;
            }

            yield return message.ToolCalls.Count == 0 ? message : new V1.ChatMessage
            {
                Role = message.Role,
                Content = string.Join('\n', message.ToolCalls.Select(static call => $"{call.Name}({call.ArgumentsJson})").Prepend(message.Content).Where(static line => line.Length > 0)),
            };
        }

        if (results is not null)
        {
            yield return results;
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
