using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Media;

/// <summary>A medium that is to be made.</summary>
/// <param name="Codec">How tokens spell it.</param>
/// <param name="Vocabulary">Name of the vocabulary whose codec it is.</param>
/// <param name="PreviewInterval">Tokens between previews; 0: there are none.</param>
internal sealed record MediaPlan(MediaCodec Codec, string Vocabulary, int PreviewInterval)
{
    /// <summary>Whether an id is a code's.</summary>
    public bool IsCode(int id) => id >= Codec.FirstCodeId && id - Codec.FirstCodeId < Codec.CodeCount;
}
