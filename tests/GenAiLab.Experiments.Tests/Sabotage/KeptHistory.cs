using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A server that keeps the last word of the last caller's prompt and puts it before the next one's.</summary>
public sealed class KeptHistory : BrokenCalls
{
    private string _last = "";

    protected override object OnRequest(object request)
    {
        if (request is not GenerateRequest { PromptCase: GenerateRequest.PromptOneofCase.Text } generate)
        {
            return request;
        }

        var before = Interlocked.Exchange(ref _last, generate.Text.Split(' ')[^1] + " ");
        return new GenerateRequest(generate) { Text = before + generate.Text };
    }
}
