using Grpc.Core;

namespace GenAiLab.Orchestrator.Steering;

/// <summary>
/// The classifier could not rate tokens. No <see cref="RpcException"/>: in the middle of a decoder's stream that would
/// be the decoder's failure, and the generation would go on at another one.
/// </summary>
internal sealed class GuidanceFailedException(RpcException error) : Exception(error.Status.Detail, error)
{
    /// <summary>As the caller shall see it.</summary>
    public RpcException Error => error;
}
