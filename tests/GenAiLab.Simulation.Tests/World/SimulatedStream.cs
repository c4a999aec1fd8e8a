using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Simulation.Tests.World;

/// <summary>A server-streaming call, both of its ends: what the client reads and leaves, what the service writes and is told.</summary>
internal sealed class SimulatedStream : ServerCallContext, IAsyncStreamReader<GenerateTokensResponse>, IServerStreamWriter<GenerateTokensResponse>
{
    // Messages that may be under way before a reader that lags halts the writer.
    private const int Window = 4;
    private readonly SimulatedDecoder _decoder;
    private readonly CallOptions _options;
    private readonly CancellationTokenRegistration _registration;
    private readonly Queue<GenerateTokensResponse> _arrived = new();
    private readonly CancellationTokenSource _left = new();
    private readonly Dictionary<object, object> _state = [];
    private TaskCompletionSource? _reader;
    private TaskCompletionSource? _writer;
    private RpcException? _error;
    private TimeSpan _forth;
    private TimeSpan _back;
    private int _underWay;
    private bool _ended;
    private bool _over;

    public SimulatedStream(SimulatedDecoder decoder, GenerateTokensRequest request, CallOptions options, bool isDuplicate)
    {
        (_decoder, _options, Request, IsDuplicate) = (decoder, options, request, isDuplicate);
        Number = int.Parse(options.Headers!.GetValue("number")!, System.Globalization.CultureInfo.InvariantCulture);
        if (options.CancellationToken.IsCancellationRequested)
        {
            // Who has left already asks for nothing.
            _over = true;
            return;
        }

        decoder.Link.Send(ref _forth, () => decoder.Take(this));
        _registration = options.CancellationToken.Register(Leave);
    }

    /// <summary>The number of the request that it is for.</summary>
    public int Number { get; }

    /// <summary>Nobody reads it.</summary>
    public bool IsDuplicate { get; }

    public GenerateTokensRequest Request { get; }

    /// <summary>What the service wrote.</summary>
    public List<int> Written { get; } = [];

    /// <summary>When the service was told that the client has left.</summary>
    public TimeSpan? LeftAt { get; private set; }

    /// <summary>Tokens that it wrote nonetheless.</summary>
    public int WrittenAfterLeaving { get; private set; }

    public GenerateTokensResponse Current { get; private set; } = new();

    // The client's end.

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_options.CancellationToken.IsCancellationRequested)
            {
                throw new RpcException(new Status(StatusCode.Cancelled, "Call canceled by the client."));
            }

            if (_arrived.TryDequeue(out var response))
            {
                Current = response;
                _decoder.Link.Send(ref _forth, () => _decoder.Do(this, Credit));
                // Who has read the last word need not wait for the end of the stream.
                _ended |= response.Finish != FinishReason.Unspecified;
                return true;
            }

            if (_ended || _error is not null)
            {
                _over = true;
                return _error is null ? false : throw _error;
            }

            _reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _reader.Task;
        }
    }

    /// <summary>The client wants no more.</summary>
    public void Leave()
    {
        _registration.Unregister();
        if (!_over && !_ended && _error is null)
        {
            _over = true;
            _decoder.Link.Send(ref _forth, () => _decoder.Do(this, Left));
        }

        _reader?.TrySetResult();
    }

    // The service's end.

    public async Task WriteAsync(GenerateTokensResponse message)
    {
        if (message.Token is { } token)
        {
            Written.Add(token.TokenId);
            WrittenAfterLeaving += LeftAt is null ? 0 : 1;
        }

        while (_underWay >= Window && !IsDuplicate)
        {
            _writer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _writer.Task;
            _left.Token.ThrowIfCancellationRequested();
        }

        _underWay++;
        Answer(() => _arrived.Enqueue(message));
        if (_decoder.Sabotage == Sabotage.RepeatsResponse && Written.Count == 3)
        {
            Answer(() => _arrived.Enqueue(message));
        }
    }

    Task IAsyncStreamWriter<GenerateTokensResponse>.WriteAsync(GenerateTokensResponse message, CancellationToken cancellationToken) => WriteAsync(message);

    /// <summary>The service has ended it.</summary>
    /// <param name="error">How; null: well.</param>
    public void End(RpcException? error) => Answer(() => (_ended, _error) = (_ended || error is null, error));

    /// <summary>The connection is gone.</summary>
    public void Break(Exception reason) => Answer(() => _error ??= new RpcException(new Status(StatusCode.Unavailable, "the connection broke", reason)));

    private void Answer(Action arrive) => _decoder.Link.Send(ref _back, () =>
    {
        arrive();
        _reader?.TrySetResult();
    });

    private void Credit()
    {
        _underWay--;
        _writer?.TrySetResult();
    }

    private void Left()
    {
        LeftAt = _decoder.Now;
        if (_decoder.Sabotage != Sabotage.ForgetsLeavers)
        {
            _left.Cancel();
        }

        _writer?.TrySetResult();
    }

    // What the service is told of the call.

    protected override string MethodCore => "/genailab.v1.Decoder/GenerateTokens";

    protected override string HostCore => "simulated";

    protected override string PeerCore => "simulated";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _options.Headers ?? [];

    protected override CancellationToken CancellationTokenCore => _left.Token;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = new(null, []);

    protected override IDictionary<object, object> UserStateCore => _state;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}
