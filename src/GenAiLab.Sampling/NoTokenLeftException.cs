namespace GenAiLab.Sampling;

/// <summary>What a constraint allows, banned tokens, biases and min tokens exclude: the program leaves no token to choose.</summary>
public sealed class NoTokenLeftException() : InvalidLogitsException("the sampling program excludes every token");
