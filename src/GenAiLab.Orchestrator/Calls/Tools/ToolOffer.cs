using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls.Tools;

/// <summary>What a conversation's tools mean for its answer.</summary>
/// <param name="Mode">AUTO, NONE or REQUIRED.</param>
/// <param name="Tools">Those that may be called; none for NONE.</param>
internal sealed record ToolOffer(ToolMode Mode, IReadOnlyList<Tool> Tools)
{
    /// <exception cref="RpcException">INVALID_ARGUMENT: the tools or the choice among them contradict the contract.</exception>
    public static ToolOffer Of(ChatRequest request)
    {
        ToolValidation.Validate(request.Tools, "tools");
        var (mode, name) = (request.ToolChoice?.Mode ?? ToolMode.Unspecified, request.ToolChoice?.Name ?? "");
        if (!Enum.IsDefined(mode))
        {
            RpcErrors.ThrowInvalidArgument("tool_choice.mode", "is not a mode");
        }

        if (mode != ToolMode.Required)
        {
            return name.Length > 0 ? throw RpcErrors.InvalidArgument("tool_choice.name", "contradicts a mode other than REQUIRED")
                : mode == ToolMode.None || request.Tools.Count == 0 ? new ToolOffer(ToolMode.None, [])
                : new ToolOffer(ToolMode.Auto, request.Tools);
        }

        if (request.Tools.Count == 0)
        {
            RpcErrors.ThrowInvalidArgument("tool_choice.mode", "REQUIRED needs a tool");
        }

        if (request.Settings?.Constraint is not null)
        {
            RpcErrors.ThrowInvalidArgument("settings.constraint", "contradicts tool_choice REQUIRED");
        }

        IReadOnlyList<Tool> chosen = [.. request.Tools.Where(tool => name.Length == 0 || tool.Name == name)];
        return chosen.Count > 0 ? new ToolOffer(mode, chosen) : throw RpcErrors.InvalidArgument("tool_choice.name", "is not the name of a tool");
    }

    /// <summary>Reads one candidate's answer.</summary>
    public IAnswerReader Reader() => Mode switch
    {
        ToolMode.Auto => new TaggedAnswer(Names()),
        ToolMode.Required => new RequiredCall(Names()),
        _ => new PlainAnswer(),
    };

    private HashSet<string> Names() => Tools.Select(static tool => tool.Name).ToHashSet(StringComparer.Ordinal);
}
