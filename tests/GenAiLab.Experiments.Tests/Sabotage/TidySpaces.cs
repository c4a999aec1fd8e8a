using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A tokenizer that makes a plain space of one that does not break.</summary>
public sealed class TidySpaces : BrokenCalls
{
    protected override object OnResponse(object? request, object response) => response is DecodeResponse decoded
        ? new DecodeResponse(decoded) { Text = decoded.Text.Replace('\u00a0', ' ') }
        : response;
}
