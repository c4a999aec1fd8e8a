namespace GenAiLab.Models.Tokenization.Models;

/// <summary>A token of a word, and the bytes of the word's UTF-8 that it stands for.</summary>
internal readonly record struct WordToken(int Id, int Start, int End);
