using System.Text;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>A token and where it begins in the text, in characters (code points).</summary>
internal readonly record struct PlacedToken(GeneratedToken Token, int Offset);

/// <summary>
/// The tokens of a candidate beside its text. A token is told with the text that it brought; one whose text is taken
/// back, by a stop sequence or because it ends the sequence, is not told at all.
/// </summary>
internal sealed class TokenTrail(PieceTable pieces)
{
    private readonly Queue<(PlacedToken Placed, int Start)> _held = new();
    private int _bytes;
    private int _characters;
    private int _shown;

    /// <summary>A token was chosen.</summary>
    public void Add(GeneratedToken token)
    {
        _held.Enqueue((new PlacedToken(token, _characters), _bytes));
        if (!pieces.IsSpecial(token.TokenId))
        {
            _bytes += token.Piece.Length;
            _characters += TokenText.Characters(token.Piece.Span);
        }
    }

    /// <summary>More text can be shown.</summary>
    /// <returns>The tokens that it begins with or goes on with.</returns>
    public List<PlacedToken> Show(string text)
    {
        _shown += Encoding.UTF8.GetByteCount(text);
        var told = new List<PlacedToken>();
        while (_held.TryPeek(out var next) && next.Start < _shown)
        {
            told.Add(_held.Dequeue().Placed);
        }

        return told;
    }
}
