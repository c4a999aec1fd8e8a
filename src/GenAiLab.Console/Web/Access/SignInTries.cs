using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace GenAiLab.WebConsole.Web.Access;

/// <summary>How often an address may offer a token. Everything else is not counted.</summary>
internal static class SignInTries
{
    private const int MaximumTries = 10;
    private const int NetworkBytes = 8;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>The partition of a request: the tries of its address, or none.</summary>
    public static RateLimitPartition<string> Of(HttpContext context) => HttpMethods.IsPost(context.Request.Method) && context.Request.Path == SignIn.Path
        ? RateLimitPartition.GetFixedWindowLimiter(Network(context.Connection.RemoteIpAddress), static _ => new FixedWindowRateLimiterOptions { PermitLimit = MaximumTries, Window = Window })
        : RateLimitPartition.GetNoLimiter("");

    /// <summary>Says so, and for how long.</summary>
    public static async ValueTask RefuseAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var response = rejected.HttpContext.Response;
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.Headers.RetryAfter = Window.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        await response.WriteAsync($"Too many tries to sign in from this address. Try again in {Window.TotalSeconds:0} s.", cancellation);
    }

    // Of IPv6 one customer has 2^64 addresses.
    private static string Network(IPAddress? address) => address switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, NetworkBytes)),
        _ => address.MapToIPv4().ToString(),
    };
}
