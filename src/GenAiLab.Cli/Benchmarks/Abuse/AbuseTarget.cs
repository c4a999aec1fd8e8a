using Google.Protobuf;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>The method that is abused.</summary>
/// <param name="Address">Of a gRPC endpoint without TLS.</param>
/// <param name="Path">For example "/genailab.v1.Orchestrator/Generate".</param>
/// <param name="Request">A request that the method would serve.</param>
internal sealed record AbuseTarget(Uri Address, string Path, IMessage Request)
{
    /// <summary>The request as it goes over the wire.</summary>
    public byte[] Message => Http2Frames.Message(Request.ToByteArray());
}
