namespace GenAiLab.Media;

/// <summary>A picture, a sound or a film cannot be read. The message says what is wrong with it, for its sender.</summary>
public class UnreadableMediaException(string reason) : Exception(reason);
