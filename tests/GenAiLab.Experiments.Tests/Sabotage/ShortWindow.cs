using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Drops silently what lies more than half a window back.</summary>
public sealed class ShortWindow : BrokenCalls
{
    private const int Kept = 128;

    protected override object OnRequest(object request)
    {
        if (request is not GenerateRequest { Tokens.Ids.Count: > Kept } generate)
        {
            return request;
        }

        var broken = generate.Clone();
        broken.Tokens = new TokenIds { Ids = { generate.Tokens.Ids.Skip(generate.Tokens.Ids.Count - Kept) } };
        return broken;
    }
}
