using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Counts what a request used: each prompt once, every candidate's tokens.</summary>
internal sealed class UsageCount
{
    private readonly Dictionary<int, (int Tokens, int Cached)> _prompts = [];
    private int _generated;

    /// <summary>A candidate of a prompt has ended.</summary>
    public void Add(int prompt, GenerationFinished finished)
    {
        var before = _prompts.GetValueOrDefault(prompt);
        _prompts[prompt] = (finished.PromptTokens, Math.Max(before.Cached, finished.CachedPromptTokens));
        _generated += finished.GeneratedTokens;
    }

    /// <summary>A prompt was only rated.</summary>
    public void AddPrompt(int prompt, int tokens) => _prompts[prompt] = (tokens, 0);

    public UsageBody Body()
    {
        var prompt = _prompts.Values.Sum(static value => value.Tokens);
        return new UsageBody(prompt, prompt + _generated)
        {
            CompletionTokens = _generated,
            PromptTokensDetails = new PromptTokensBody(_prompts.Values.Sum(static value => value.Cached)),
        };
    }
}
