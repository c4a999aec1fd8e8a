namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Endpoint metadata: answers without an API key and without TLS, as probes need it.</summary>
internal sealed class OpenToEveryone;
