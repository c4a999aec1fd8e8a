using System.Net.Http.Headers;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Sends a service's own API key with its calls, where the services behind it want one and no certificate tells who calls.</summary>
internal sealed class OutgoingApiKey(string? key) : DelegatingHandler
{
    private readonly AuthenticationHeaderValue? _header = string.IsNullOrWhiteSpace(key) ? null : new("Bearer", key);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization ??= _header;
        return base.SendAsync(request, cancellationToken);
    }
}
