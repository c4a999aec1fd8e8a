using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Whose call it is, where an API key tells.</summary>
public static class CallerTenant
{
    private const string Item = "genailab.tenant";
    private const string Scopes = "genailab.scopes";

    /// <summary>The tenant of the caller's API key; null where no keys are in force, or where a service of the lab calls.</summary>
    // Over the network the state of a call is the items of its request.
    public static string? ApiKeyTenant(this ServerCallContext context) =>
        context.UserState.TryGetValue(Item, out var tenant) ? (string)tenant : null;

    /// <summary>
    /// Whether the caller's key has a scope, beside the one that the method wants; true where no keys are in force, or
    /// where a service of the lab calls.
    /// </summary>
    public static bool ApiKeyAllows(this ServerCallContext context, string scope) =>
        !context.UserState.TryGetValue(Scopes, out var scopes) || ((IReadOnlySet<string>)scopes).Contains(scope);

    /// <summary>The same as <see cref="ApiKeyTenant(ServerCallContext)"/>, for an HTTP request.</summary>
    public static string? ApiKeyTenant(this HttpContext context) => context.Items.TryGetValue(Item, out var tenant) ? (string?)tenant : null;

    internal static void SetTenant(this ServerCallContext context, string tenant) => context.UserState[Item] = tenant;

    internal static void SetCaller(this HttpContext context, string tenant, IReadOnlySet<string> scopes) =>
        (context.Items[Item], context.Items[Scopes]) = (tenant, scopes);
}
