using GenAiLab.Orchestrator.Calls;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAiLab.Orchestrator.Tests.Calls;

/// <summary>Generations that run beside each other do not look into the caller's request, which is not thread-safe.</summary>
public sealed class BranchTests
{
    [Fact]
    public async Task Each_model_has_what_the_caller_said_and_does_not_touch_the_callers_context()
    {
        var caller = new GuardedContext();
        List<(string? Tenant, DateTime Deadline)> seen = [];
        var request = new CompareRequest { Models = { "a", "b", "c" }, Request = new GenerateRequest { Text = "x", MaxTokens = 1 } };
        await new CompareCall(null!, null!, NullLogger<CompareCall>.Instance).RunAsync(request, GenerateAsync, new Nowhere(), default, caller);

        Assert.Equal(Enumerable.Repeat(((string?)"tenant", GuardedContext.Limit), 3), seen);

        Task GenerateAsync(GenerateRequest one, IServerStreamWriter<GenerateResponse> responses, ServerCallContext context)
        {
            caller.IsShut = true;
            seen.Add((context.ApiKeyTenant(), context.Deadline));
            return responses.WriteAsync(new GenerateResponse(), context.CancellationToken);
        }
    }

    private sealed class Nowhere : IServerStreamWriter<CompareResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(CompareResponse message)
        {
            Assert.Null(message.Error);
            return Task.CompletedTask;
        }

        public Task WriteAsync(CompareResponse message, CancellationToken cancellationToken) => WriteAsync(message);
    }

    private sealed class GuardedContext : ServerCallContext
    {
        public static readonly DateTime Limit = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        private readonly Dictionary<object, object> _state = new() { ["genailab.tenant"] = "tenant" };

        public bool IsShut { get; set; }

        protected override string MethodCore => Open("method");

        protected override string HostCore => Open("host");

        protected override string PeerCore => Open("peer");

        protected override DateTime DeadlineCore => Open(Limit);

        protected override Metadata RequestHeadersCore => Open(new Metadata());

        protected override CancellationToken CancellationTokenCore => Open(TestContext.Current.CancellationToken);

        protected override Metadata ResponseTrailersCore => Open(new Metadata());

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => Open(new AuthContext(null, []));

        protected override IDictionary<object, object> UserStateCore => Open(_state);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => throw new NotSupportedException();

        private T Open<T>(T value) => IsShut ? throw new InvalidOperationException("the caller's context was used while models ran") : value;
    }
}
