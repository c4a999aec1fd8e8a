namespace GenAiLab.Sampling;

/// <summary>The logits are no distribution: one is NaN or +∞, all are −∞, or there is none. The model failed, not the caller.</summary>
public class InvalidLogitsException(string message) : Exception(message);
