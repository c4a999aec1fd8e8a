namespace GenAiLab.ServiceDefaults.Security;

/// <summary>How a service knows its callers in a way of its own, beside API keys and certificates; registered by a service that has one.</summary>
/// <param name="IsInForce">Whether nobody unknown gets in.</param>
/// <param name="Advice">What to set for it to be in force, as a request.</param>
public sealed record OwnCallerCheck(bool IsInForce, string Advice);
