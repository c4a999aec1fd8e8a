using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>What <see cref="ByteLevelCutter"/> does, but for the spelling of bytes as letters.</summary>
internal sealed class ByteWordCutter(ByteLevelCutter byteLevel) : TextCutter
{
    public override void Apply(TextParts parts) => byteLevel.Cut(parts);
}
