namespace GenAiLab.Sampling;

/// <summary>A sampling field that is out of its range or contradicts another one.</summary>
/// <param name="Field">The field's path in the contract's <c>SamplingProgram</c>, for example <c>top_p</c> or <c>logit_bias[2].bias</c>.</param>
/// <param name="Description">What it must be.</param>
public readonly record struct SamplingViolation(string Field, string Description);
