namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// What an API key must be allowed to do to call a gRPC method, or every method of a class that has no
/// scope of its own. Where keys are in force, a method without one is refused to everybody.
/// </summary>
/// <param name="scope">One of <see cref="GenAiLab.Security.ApiKeys.ApiScopes"/>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequiresScopeAttribute(string scope) : Attribute
{
    /// <summary>The scope.</summary>
    public string Scope => scope;
}
