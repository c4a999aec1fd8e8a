using GenAiLab.Media;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>One token of an encoded text and where it stands there, in bytes of UTF-8.</summary>
internal readonly record struct EncodedToken(int Id, int ByteOffset, int ByteLength);

/// <summary>A fixed set of token ids and the way from text to them. Immutable and thread-safe.</summary>
internal interface IVocabulary
{
    /// <summary>The name under which it is served.</summary>
    string Name { get; }

    /// <summary>SHA-256 of its definition, lower-case hexadecimal.</summary>
    string Sha256 { get; }

    /// <summary>One more than the largest id.</summary>
    int Size { get; }

    /// <summary>What cuts its words: BPE, WordPiece, Unigram, WordLevel, or tiktoken for BPE by rank.</summary>
    string Kind { get; }

    /// <summary>The id that stands for words which it does not have; null where it can spell everything.</summary>
    int? UnknownId { get; }

    /// <summary>How it spells pictures, sounds or films; null where it is for texts only.</summary>
    MediaTokens? Media { get; }

    /// <summary>Its control tokens and marks, by id.</summary>
    IReadOnlyList<(string Text, int Id)> SpecialTokens { get; }

    /// <summary>Whether the id is a control token; false for ids that stand for nothing.</summary>
    bool IsSpecial(int id);

    /// <summary>The bytes of an id in [0, Size); empty where the id stands for nothing.</summary>
    ReadOnlyMemory<byte> Piece(int id);

    /// <summary>
    /// Cuts a text. Places never go back; what a normalizer removes is in no token, what it adds may be 0 bytes long,
    /// and tokens that share a character of it share its place.
    /// </summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="addSpecialTokens">Adds what the post-processor adds, 0 bytes long.</param>
    /// <param name="parseSpecialTokens">Reads special tokens that are spelled out as such.</param>
    /// <param name="cancellation">Looked at between words.</param>
    IReadOnlyList<EncodedToken> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation);

    /// <summary>How many tokens <see cref="Encode"/> would give.</summary>
    int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation);

    /// <summary>The text of ids in [0, Size); ids that stand for nothing are passed over, bytes that are not UTF-8 become U+FFFD.</summary>
    string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens);

    /// <summary>Decodes ids that come one by one.</summary>
    TokenTextStream OpenStream(bool skipSpecialTokens);
}
