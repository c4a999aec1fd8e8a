using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A POST /v1/chat/completions.</summary>
internal sealed record ChatCompletionRequest
{
    /// <summary>Everything but the conversation. Without max_tokens: as much as there is room for.</summary>
    public required GenerateRequest Settings { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>Those that may be called.</summary>
    public required IReadOnlyList<Tool> Tools { get; init; }

    public required ToolChoice ToolChoice { get; init; }

    /// <summary>Whether one answer may call more than one tool.</summary>
    public required bool ParallelToolCalls { get; init; }

    /// <summary>Whether tokens are told.</summary>
    public required bool Logprobs { get; init; }

    public required StreamChoice Stream { get; init; }

    /// <summary>What the caller calls the limit of tokens.</summary>
    public required string MaxTokensName { get; init; }

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the parameter.</exception>
    public static ChatCompletionRequest Read(JsonFields fields)
    {
        fields.IgnoreHarmless();
        // A guess of the answer that may save time.
        fields.Ignore("prediction");
        fields.Refuse("audio", "is not supported");
        fields.Refuse("web_search_options", "is not supported");
        fields.Refuse("reasoning_effort", "is not supported: the models do not reason", static value => value.ValueKind == JsonValueKind.String && value.GetString() == "none");
        fields.Refuse("verbosity", "is not supported");
        fields.Refuse("modalities", "must be [\"text\"]", static value =>
            value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String && item.GetString() == "text"));
        var logprobs = fields.Flag("logprobs") ?? false;
        var top = fields.Whole("top_logprobs", 0, 20);
        if (top is not null && !logprobs)
        {
            throw fields.Wrong("top_logprobs", "contradicts an unset logprobs");
        }

        var settings = new GenerateRequest
        {
            Model = fields.Text("model") ?? "",
            Candidates = fields.Whole("n", 1, 16) ?? 1,
            Alternatives = top ?? 0,
            Stop = { fields.Texts("stop") },
            Sampling = SamplingFields.Read(fields),
        };
        if (ConstraintFields.Read(fields) is { } constraint)
        {
            settings.Constraint = constraint;
        }

        settings.DrySequenceBreakers.AddRange(fields.Texts("dry_sequence_breakers"));
        var (old, current) = (fields.Whole("max_tokens"), fields.Whole("max_completion_tokens"));
        if (old is not null && current is not null && old != current)
        {
            throw fields.Wrong("max_tokens", "contradicts max_completion_tokens");
        }

        if ((current ?? old) is { } most)
        {
            settings.MaxTokens = most;
        }

        var (tools, choice) = ToolFields.Read(fields);
        if (logprobs && tools.Count > 0)
        {
            throw fields.Wrong("logprobs", "cannot be told together with tools");
        }

        var request = new ChatCompletionRequest
        {
            Settings = settings,
            Messages = [.. ChatMessageFields.Read(fields)],
            Tools = tools,
            ToolChoice = choice,
            ParallelToolCalls = fields.Flag("parallel_tool_calls") ?? true,
            Logprobs = logprobs,
            Stream = StreamChoice.Read(fields),
            MaxTokensName = current is null ? "max_tokens" : "max_completion_tokens",
        };
        fields.RefuseOthers();
        return request;
    }
}
