using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A POST /v1/completions: one request of the contract for each prompt.</summary>
internal sealed record CompletionRequest
{
    public const int MaximumPrompts = 128;

    /// <summary>OpenAI's own.</summary>
    public const int DefaultMaxTokens = 16;

    public required IReadOnlyList<GenerateRequest> Prompts { get; init; }

    /// <summary>Choices for each prompt.</summary>
    public required int Choices { get; init; }

    /// <summary>The text begins with the prompt.</summary>
    public required bool Echo { get; init; }

    /// <summary>Nothing is generated: max_tokens is 0, and the prompt is rated.</summary>
    public required bool OnlyEcho { get; init; }

    /// <summary>How many alternatives a token is told with; null: no log-probabilities.</summary>
    public required int? Logprobs { get; init; }

    public required StreamChoice Stream { get; init; }

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the parameter.</exception>
    public static CompletionRequest Read(JsonFields fields)
    {
        fields.IgnoreHarmless();
        fields.Refuse("suffix", "is not supported: the models continue texts and do not fill gaps", static value => value.ValueKind == JsonValueKind.String && value.GetString() == "");
        var echo = fields.Flag("echo") ?? false;
        var logprobs = fields.Whole("logprobs", 0, 20);
        var maxTokens = fields.Whole("max_tokens") ?? DefaultMaxTokens;
        var onlyEcho = maxTokens == 0 && echo;
        var template = new GenerateRequest
        {
            Model = fields.Text("model") ?? "",
            MaxTokens = maxTokens,
            Candidates = fields.Whole("n", 1, 16) ?? 1,
            BestOf = fields.Whole("best_of", 1, 16) ?? 0,
            Alternatives = logprobs ?? 0,
            Stop = { fields.Texts("stop") },
            Sampling = SamplingFields.Read(fields),
        };
        if (ConstraintFields.Read(fields) is { } constraint)
        {
            template.Constraint = constraint;
        }

        template.DrySequenceBreakers.AddRange(fields.Texts("dry_sequence_breakers"));
        if (template.BestOf == 1 && template.Candidates == 1)
        {
            template.BestOf = 0; // What it is without being said.
        }

        var request = new CompletionRequest
        {
            Prompts = [.. ReadPrompts(fields).Select(prompt => prompt(template.Clone()))],
            Choices = template.Candidates,
            Echo = echo,
            OnlyEcho = onlyEcho,
            Logprobs = logprobs,
            Stream = StreamChoice.Read(fields),
        };
        fields.RefuseOthers();
        if (onlyEcho && (request.Choices > 1 || request.Stream.Streams))
        {
            throw fields.Wrong("max_tokens", "0 rates the prompt, once and not as a stream");
        }

        if (request.Stream.Streams && template.BestOf > template.Candidates)
        {
            throw fields.Wrong("best_of", "contradicts stream: which is the best is known at the end");
        }

        return request;
    }

    private static IReadOnlyList<Func<GenerateRequest, GenerateRequest>> ReadPrompts(JsonFields fields)
    {
        if (fields.Any("prompt") is not { } prompt)
        {
            throw fields.Wrong("prompt", "is missing");
        }

        if (prompt.ValueKind == JsonValueKind.String || IsTokens(prompt))
        {
            return [ReadPrompt(fields, prompt, "prompt")];
        }

        return prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() is >= 1 and <= MaximumPrompts
            ? [.. prompt.EnumerateArray().Select((item, at) => ReadPrompt(fields, item, $"prompt[{at}]"))]
            : throw fields.Wrong("prompt", $"must be a string, an array of token ids, or an array of 1 to {MaximumPrompts} of these");
    }

    private static Func<GenerateRequest, GenerateRequest> ReadPrompt(JsonFields fields, JsonElement prompt, string name)
    {
        if (prompt.ValueKind == JsonValueKind.String)
        {
            return request =>
            {
                request.Text = prompt.GetString();
                return request;
            };
        }

        var tokens = TokenArray.Read(fields, prompt, name);
        return request =>
        {
            request.Tokens = tokens;
            return request;
        };
    }

    private static bool IsTokens(JsonElement prompt) => prompt.ValueKind == JsonValueKind.Array
        && prompt.GetArrayLength() > 0 && prompt[0].ValueKind == JsonValueKind.Number;
}
