namespace GenAiLab.Models.Tokenization;

/// <summary>A text cannot be cut by this vocabulary. The message says why, in words for whoever sent the text.</summary>
public sealed class TokenizationException(string message, Exception? inner = null) : Exception(message, inner);
