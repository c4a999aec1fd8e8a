using System.Text;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Steering;

/// <summary>
/// The text that a classifier judges while it grows: an answer by itself, and otherwise the prompt with what continues
/// it. Its end where it is longer than the classifier takes.
/// </summary>
internal sealed class GuidedText
{
    private readonly List<byte> _bytes = [];
    private readonly GenerationPlan _plan;
    private readonly int _limit;

    /// <param name="plan">The generation.</param>
    /// <param name="generated">Tokens generated so far, where it is resumed.</param>
    /// <param name="limit">The longest text, in bytes: a token of any vocabulary has at least one.</param>
    public GuidedText(GenerationPlan plan, IReadOnlyList<int> generated, int limit)
    {
        (_plan, _limit) = (plan, limit);
        if (plan.Conversation.Count == 0)
        {
            foreach (var token in plan.Prompt)
            {
                Append(token.Id);
            }
        }

        foreach (var id in generated)
        {
            Append(id);
        }
    }

    /// <summary>A token was chosen.</summary>
    public void Append(int tokenId)
    {
        _bytes.AddRange(PieceOf(tokenId));
        // Twice the limit, so that it is not cut for every token.
        if (_bytes.Count > 2 * _limit)
        {
            _bytes.RemoveRange(0, _bytes.Count - _limit);
        }
    }

    /// <summary>The text as it would be with one more token: complete characters only.</summary>
    public string With(int tokenId)
    {
        byte[] bytes = [.. _bytes, .. PieceOf(tokenId)];
        var from = Math.Max(0, bytes.Length - _limit);
        while (from < bytes.Length && IsWithinCharacter(bytes[from]))
        {
            from++;
        }

        var decoder = Encoding.UTF8.GetDecoder();
        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length - from)];
        return new string(characters, 0, decoder.GetChars(bytes.AsSpan(from), characters, flush: false));
    }

    private ReadOnlySpan<byte> PieceOf(int tokenId) =>
        _plan.Pieces.IsSpecial(tokenId) || _plan.Model.EndOfSequenceIds.Contains(tokenId) ? [] : _plan.Pieces[tokenId].Span;

    private static bool IsWithinCharacter(byte value) => (value & 0xC0) == 0x80;
}
