using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>The functions that a model may ask for. Only their declarations are sent; calling them is the caller's affair.</summary>
internal static class ToolOffer
{
    /// <exception cref="NotSupportedException">A tool that is no function; the message names it.</exception>
    public static void Add(ChatOptions? options, V1.ChatRequest request)
    {
        foreach (var tool in options?.Tools ?? [])
        {
            request.Tools.Add(tool is AIFunctionDeclaration function
                ? new V1.Tool { Name = function.Name, Description = function.Description, ParametersJsonSchema = function.JsonSchema.GetRawText() }
                : throw new NotSupportedException($"the tool '{tool.Name}' ({tool.GetType().Name}): the lab offers functions only"));
        }

        request.ToolChoice = options?.ToolMode switch
        {
            AutoChatToolMode => new V1.ToolChoice { Mode = V1.ToolMode.Auto },
            NoneChatToolMode => new V1.ToolChoice { Mode = V1.ToolMode.None },
            RequiredChatToolMode required => new V1.ToolChoice { Mode = V1.ToolMode.Required, Name = required.RequiredFunctionName ?? "" },
            _ => null,
        };
    }
}
