using System.Collections.Frozen;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>The bytes that every token id of one vocabulary stands for.</summary>
internal sealed class PieceTable(VocabularyIdentity identity, ByteString[] pieces, IEnumerable<int> specialIds)
{
    private readonly FrozenSet<int> _specialIds = specialIds.ToFrozenSet();

    public VocabularyIdentity Identity => identity;

    /// <summary>Which media the vocabulary spells; null: it is for texts only.</summary>
    public MediaCodec? Codec { get; init; }

    /// <summary>The token of words that the vocabulary does not have; null where it can spell everything.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    public int Count => pieces.Length;

    /// <summary>The bytes of a token; none for an id that the model has and the vocabulary has not (padding of the output layer).</summary>
    public ByteString this[int id] => (uint)id < (uint)pieces.Length ? pieces[id] : ByteString.Empty;

    /// <summary>Whether the token is a control token, which is never part of a text.</summary>
    public bool IsSpecial(int id) => _specialIds.Contains(id);
}
