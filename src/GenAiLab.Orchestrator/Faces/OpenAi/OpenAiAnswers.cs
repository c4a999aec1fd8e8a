using System.Text.Json.Serialization;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A listing: <c>{"object": "list", "data": [...]}</c>.</summary>
internal sealed record ListBody<T>(IReadOnlyList<T> Data, string? Model = null, UsageBody? Usage = null, string Object = "list");

internal sealed record ModelBody(string Id, long Created, string OwnedBy = "genailab", string Object = "model");

/// <summary>Counts in tokens.</summary>
internal sealed record UsageBody(int PromptTokens, int TotalTokens)
{
    public int? CompletionTokens { get; init; }

    public PromptTokensBody? PromptTokensDetails { get; init; }
}

internal sealed record PromptTokensBody(int CachedTokens);

internal sealed record EmbeddingBody(object Embedding, int Index, string Object = "embedding");

internal sealed record CompletionBody(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices)
{
    public UsageBody? Usage { get; init; }
}

internal sealed record CompletionChoice(int Index, string Text)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public CompletionLogProbabilities? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
}

internal sealed record CompletionLogProbabilities(
    IReadOnlyList<string> Tokens, IReadOnlyList<float?> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, float>?>? TopLogprobs, IReadOnlyList<int> TextOffset);

internal sealed record ChatBody(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices)
{
    public UsageBody? Usage { get; init; }
}

/// <summary>A choice of an answer has a message, one of a stream a delta.</summary>
internal sealed record ChatChoice(int Index)
{
    public ChatMessageBody? Message { get; init; }

    public ChatDelta? Delta { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ChatLogProbabilities? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
}

internal sealed record ChatMessageBody
{
    public string Role { get; } = "assistant";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Content { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal { get; init; }

    public IReadOnlyList<ToolCallBody>? ToolCalls { get; init; }
}

/// <summary>What a stream adds to a message.</summary>
internal sealed record ChatDelta
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    public IReadOnlyList<ToolCallBody>? ToolCalls { get; init; }
}

/// <param name="Index">Only in a stream.</param>
internal sealed record ToolCallBody(int? Index, string Id, FunctionBody Function, string Type = "function")
{
    public static ToolCallBody Of(ToolCall call, int? index) => new(index, call.Id, new FunctionBody(call.Name, call.ArgumentsJson));
}

internal sealed record FunctionBody(string Name, string Arguments);

internal sealed record ChatLogProbabilities(IReadOnlyList<TokenBody> Content);

/// <summary>Log-probabilities are raw: under the model's own distribution, in nats.</summary>
internal sealed record TokenBody(string Token, float Logprob, IReadOnlyList<int> Bytes)
{
    public IReadOnlyList<TokenBody>? TopLogprobs { get; init; }
}
