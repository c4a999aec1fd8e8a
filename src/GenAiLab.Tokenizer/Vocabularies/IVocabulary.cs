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

    /// <summary>Whether the id is a control token; false for ids that stand for nothing.</summary>
    bool IsSpecial(int id);

    /// <summary>The bytes of an id in [0, Size); empty where the id stands for nothing.</summary>
    ReadOnlyMemory<byte> Piece(int id);

    /// <summary>Cuts a text, in order of offset, without gaps or overlaps.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="addSpecialTokens">Adds what the post-processor adds, 0 bytes long.</param>
    /// <param name="parseSpecialTokens">Reads special tokens that are spelled out as such.</param>
    /// <param name="cancellation">Looked at between words.</param>
    IReadOnlyList<EncodedToken> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation);
}
