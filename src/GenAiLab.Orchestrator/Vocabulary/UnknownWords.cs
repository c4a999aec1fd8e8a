using System.Text;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>The words of a text that a vocabulary does not have, so that whoever wrote them can be told. Pure.</summary>
internal static class UnknownWords
{
    private const int Most = 16;

    /// <summary>Each once, in order of their first place; at most 16.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">Its tokens with their places.</param>
    /// <param name="unknown">The id of the unknown token; null: there is none.</param>
    public static IReadOnlyList<string> Of(string text, IEnumerable<Token> tokens, int? unknown)
    {
        var places = unknown is null ? [] : tokens.Where(token => token.Id == unknown && token.ByteLength > 0).ToList();
        if (places.Count == 0)
        {
            return [];
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. places.Select(token => Encoding.UTF8.GetString(bytes, token.ByteOffset, token.ByteLength)).Distinct(StringComparer.Ordinal).Take(Most)];
    }
}
