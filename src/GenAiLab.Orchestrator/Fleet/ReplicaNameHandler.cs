namespace GenAiLab.Orchestrator.Fleet;

/// <summary>
/// Calls a replica at its own address by the name that stands for all of them: certificates are made out to the
/// name, which is asked for in the handshake (RFC 6066, section 3) and verified; addresses come and go.
/// </summary>
internal sealed class ReplicaNameHandler(string authority, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Host = authority;
        return base.SendAsync(request, cancellationToken);
    }
}
