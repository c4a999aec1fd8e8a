using Microsoft.AspNetCore.Authorization;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Endpoint metadata: answers without an API key, without TLS and without signing in, as probes need it.</summary>
internal sealed class OpenToEveryone : IAllowAnonymous;
