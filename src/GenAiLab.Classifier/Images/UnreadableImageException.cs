namespace GenAiLab.Classifier.Images;

/// <summary>An image cannot be classified. The message says what is wrong with it, for its sender.</summary>
internal sealed class UnreadableImageException(string reason) : Exception(reason);
