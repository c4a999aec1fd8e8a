using Grpc.Core;

namespace GenAiLab.ServiceDefaults.InProcess;

/// <summary>What a handler sees of a call from its own process.</summary>
internal sealed class InProcessServerCallContext(InProcessCall call, string method, CallOptions options) : ServerCallContext
{
    private static readonly AuthContext Anonymous = new(null, []);

    private readonly Metadata _requestHeaders = options.Headers ?? [];
    private readonly Metadata _responseTrailers = [];
    private Dictionary<object, object>? _userState;

    protected override string MethodCore => method;

    protected override string HostCore => "in-process";

    protected override string PeerCore => "in-process";

    protected override DateTime DeadlineCore => options.Deadline?.ToUniversalTime() ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders;

    protected override CancellationToken CancellationTokenCore => call.ServerToken;

    protected override Metadata ResponseTrailersCore => _responseTrailers;

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => Anonymous;

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Pass the deadline and the cancellation token on explicitly.");

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        call.SendHeaders(responseHeaders);
        return Task.CompletedTask;
    }
}
