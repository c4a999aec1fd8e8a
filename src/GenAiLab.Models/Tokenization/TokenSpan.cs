namespace GenAiLab.Models.Tokenization;

/// <summary>A token of an encoded text, and where it stands in the text as it was given, before any normalization.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ByteOffset">Where it begins in the text's UTF-8.</param>
/// <param name="ByteLength">How many bytes it stands for; 0 for one that was added.</param>
/// <param name="CharOffset">Where it begins in UTF-16 code units; within a character: at that character's start.</param>
/// <param name="CharLength">How many code units it touches.</param>
/// <param name="IsSpecial">Whether it is a control token.</param>
public readonly record struct TokenSpan(int Id, int ByteOffset, int ByteLength, int CharOffset, int CharLength, bool IsSpecial);
