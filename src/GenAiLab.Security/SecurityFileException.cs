namespace GenAiLab.Security;

/// <summary>A certificate, a key or a file of API keys cannot be used; the message names the setting and what to mend.</summary>
public sealed class SecurityFileException(string message, Exception? inner = null) : Exception(message, inner);
