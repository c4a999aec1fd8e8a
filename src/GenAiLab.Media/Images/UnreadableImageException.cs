namespace GenAiLab.Media.Images;

/// <summary>An image cannot be used. The message says what is wrong with it, for its sender.</summary>
public sealed class UnreadableImageException(string reason) : UnreadableMediaException(reason);
