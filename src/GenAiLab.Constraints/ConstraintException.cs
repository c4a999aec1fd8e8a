namespace GenAiLab.Constraints;

/// <summary>A constraint that cannot be compiled. The message is for the caller and says what to mend, and where.</summary>
/// <param name="message">Begins with the place: a JSON pointer into the schema, a position in the expression.</param>
public sealed class ConstraintException(string message) : Exception(message);
