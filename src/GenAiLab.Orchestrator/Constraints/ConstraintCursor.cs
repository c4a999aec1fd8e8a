using GenAiLab.Constraints;
using GenAiLab.Sampling;

namespace GenAiLab.Orchestrator.Constraints;

/// <summary>Where one candidate's text stands in its constraint. Owned by one stream.</summary>
internal sealed class ConstraintCursor
{
    private ConstraintState _state;
    private int _left;

    /// <param name="constraint">What the text must look like.</param>
    /// <param name="generated">Tokens generated so far, each allowed when it was chosen.</param>
    /// <param name="tokens">The most tokens that there may be.</param>
    public ConstraintCursor(TokenConstraint constraint, IReadOnlyList<int> generated, int tokens)
    {
        _state = constraint.Start;
        _left = tokens - generated.Count;
        foreach (var id in generated)
        {
            _state = _state.Advance(id);
        }
    }

    /// <summary>What may be chosen now.</summary>
    public Sampling.TokenMask Allowed => new(_state.Allowed(_left));

    /// <summary>Whether the text so far is valid.</summary>
    public bool IsSatisfied => _state.IsSatisfied;

    /// <summary>Whether the text is complete and nothing may follow.</summary>
    public bool MustEnd => _state.MustEnd;

    /// <summary>Goes on after a token that was allowed.</summary>
    public void Advance(int tokenId)
    {
        _state = _state.Advance(tokenId);
        _left--;
    }
}
