using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>
/// A KV cache that is off by one position: the last token of the prompt was written over the one before it. What is
/// run anew for each token is right.
/// </summary>
public sealed class OffByOneCache : BrokenCalls
{
    protected override object OnRequest(object request)
    {
        if (request is not GenerateTokensRequest { MaxTokens: not 1, Prompt.Ids.Count: > 2 } generate)
        {
            return request;
        }

        var broken = generate.Clone();
        broken.Prompt.Ids.RemoveAt(broken.Prompt.Ids.Count - 2);
        return broken;
    }
}
