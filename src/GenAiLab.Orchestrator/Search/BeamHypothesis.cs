using GenAiLab.Orchestrator.Loop;

namespace GenAiLab.Orchestrator.Search;

/// <summary>A continuation of the prompt: the one that it grew from, and one token more. Immutable, so that several grow from one.</summary>
internal sealed class BeamHypothesis
{
    private BeamHypothesis(BeamHypothesis? parent, ChosenToken token)
    {
        (Parent, Token) = (parent, token);
        if (parent is not null)
        {
            (Length, Sum) = (parent.Length + 1, parent.Sum + token.ProcessedLogProbability);
        }
    }

    /// <summary>The continuation without a token.</summary>
    public static BeamHypothesis Empty { get; } = new(parent: null, default);

    /// <summary>Null for <see cref="Empty"/>.</summary>
    public BeamHypothesis? Parent { get; }

    /// <summary>The last token; none for <see cref="Empty"/>.</summary>
    public ChosenToken Token { get; }

    /// <summary>In tokens.</summary>
    public int Length { get; }

    /// <summary>Of the processed log-probabilities, in nats.</summary>
    public double Sum { get; }

    public BeamHypothesis With(ChosenToken token) => new(this, token);

    /// <summary>From the first token to the last.</summary>
    public ChosenToken[] Tokens()
    {
        var tokens = new ChosenToken[Length];
        for (var at = this; at.Parent is not null; at = at.Parent)
        {
            tokens[at.Length - 1] = at.Token;
        }

        return tokens;
    }
}

/// <summary>A finished continuation.</summary>
/// <param name="Hypothesis">Its tokens.</param>
/// <param name="Rating">By <see cref="BeamSettings.Rate"/>; higher is better.</param>
internal sealed record FinishedHypothesis(BeamHypothesis Hypothesis, double Rating);
