using System.Text;
using GenAiLab.V1;

namespace GenAiLab.Cli.Conversations;

/// <summary>What one model of a comparison answered.</summary>
/// <param name="model">Its name.</param>
/// <param name="byTemplate">Whether it was asked by its chat template; otherwise it continued the text as it stands.</param>
internal sealed class ComparedAnswer(string model, bool byTemplate)
{
    private readonly StringBuilder _text = new();
    private double _logProbability;
    private int _tokens;

    public string Model => model;

    public bool ByTemplate => byTemplate;

    public string Text => _text.ToString();

    /// <summary>Tokens generated, an end-of-sequence token included.</summary>
    public int Tokens => Finished?.GeneratedTokens ?? _tokens;

    /// <summary>Mean over the tokens, in nats, under the model's own distribution; null: there is none.</summary>
    public double? MeanLogProbability => _tokens > 0 ? _logProbability / _tokens : null;

    public GenerationFinished? Finished { get; private set; }

    /// <summary>Why there is no answer; null: there is one.</summary>
    public string? Failure { get; set; }

    public void Add(GenerateResponse response)
    {
        _text.Append(response.Token?.Text).Append(response.Finished?.Text);
        if (response.Token is { } token)
        {
            _logProbability += token.RawLogProbability;
            _tokens++;
        }

        Finished = response.Finished ?? Finished;
        if (Finished?.Reason == FinishReason.Error)
        {
            Failure = "the model failed in mid-generation";
        }
    }
}
