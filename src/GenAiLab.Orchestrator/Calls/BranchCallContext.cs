using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>
/// A call's context for one of several generations that run beside each other: what the caller's says, looked up once.
/// The caller's own looks into its HTTP request, which is not thread-safe.
/// </summary>
internal sealed class BranchCallContext(ServerCallContext context) : ServerCallContext
{
    private readonly Dictionary<object, object> _userState = new(context.UserState);

    protected override string MethodCore { get; } = context.Method;

    protected override string HostCore { get; } = context.Host;

    protected override string PeerCore { get; } = context.Peer;

    protected override DateTime DeadlineCore { get; } = context.Deadline;

    protected override Metadata RequestHeadersCore { get; } = context.RequestHeaders;

    protected override CancellationToken CancellationTokenCore { get; } = context.CancellationToken;

    // Those of a branch are nobody's.
    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = context.AuthContext;

    protected override IDictionary<object, object> UserStateCore => _userState;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Pass the deadline and the cancellation token on explicitly.");

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) =>
        throw new NotSupportedException("A branch has no stream of its own.");
}
