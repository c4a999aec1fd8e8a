namespace GenAiLab.Media;

/// <summary>A codec, and where its codes lie in the vocabulary of a model folder.</summary>
/// <param name="Codec">Media as codes.</param>
/// <param name="BeginId">Id of the token behind which codes stand.</param>
/// <param name="EndId">Id of the token that ends them; null where their number says it.</param>
/// <param name="FirstCodeId">Id of the first code; the others follow.</param>
public sealed record MediaTokens(IMediaCodec Codec, int BeginId, int? EndId, int FirstCodeId)
{
    /// <summary>Whether an id is a code's.</summary>
    public bool IsCode(int id) => id >= FirstCodeId && id - FirstCodeId < Codec.CodeCount;
}
