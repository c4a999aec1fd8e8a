using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Whose call it is, where an API key tells.</summary>
public static class CallerTenant
{
    private const string Item = "genailab.tenant";

    /// <summary>The tenant of the caller's API key; null where no keys are in force, or where a service of the lab calls.</summary>
    // Over the network the state of a call is the items of its request.
    public static string? ApiKeyTenant(this ServerCallContext context) =>
        context.UserState.TryGetValue(Item, out var tenant) ? (string)tenant : null;

    /// <summary>The same, for an HTTP request.</summary>
    public static string? ApiKeyTenant(this HttpContext context) => context.Items.TryGetValue(Item, out var tenant) ? (string?)tenant : null;

    internal static void SetTenant(this ServerCallContext context, string tenant) => context.UserState[Item] = tenant;

    internal static void SetTenant(this HttpContext context, string tenant) => context.Items[Item] = tenant;
}
