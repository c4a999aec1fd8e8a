using System.Collections.Immutable;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Cli.Hosting.Telemetry;

/// <summary>A span as a backend sees it.</summary>
internal sealed record CollectedSpan(string Service, string TraceId, string SpanId, string ParentId, string Name, IReadOnlyDictionary<string, AnyValue> Attributes);

/// <summary>An OTLP receiver on a free loopback port.</summary>
internal sealed class TraceCollector : TraceService.TraceServiceBase, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private ImmutableList<CollectedSpan> _spans = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _application;

    public string Address => _application!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<TraceCollector> StartAsync()
    {
        var collector = new TraceCollector();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        // Whoever hosts it prints its own results on standard output.
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(collector);
        var application = builder.Build();
        application.MapGrpcService<TraceCollector>();
        application.MapGet("/", static () => "");
        collector._application = application;
        await application.StartAsync();
        return collector;
    }

    public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
    {
        var received = from resource in request.ResourceSpans
                       let service = resource.Resource.Attributes.First(static attribute => attribute.Key == "service.name").Value.StringValue
                       from scope in resource.ScopeSpans
                       from span in scope.Spans
                       select new CollectedSpan(
                           service,
                           Convert.ToHexStringLower(span.TraceId.Span),
                           Convert.ToHexStringLower(span.SpanId.Span),
                           Convert.ToHexStringLower(span.ParentSpanId.Span),
                           span.Name,
                           span.Attributes.ToDictionary(static attribute => attribute.Key, static attribute => attribute.Value));
        lock (_gate)
        {
            _spans = _spans.AddRange(received);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return Task.FromResult(new ExportTraceServiceResponse());
    }

    /// <summary>The spans of a trace that have arrived.</summary>
    public IReadOnlyList<CollectedSpan> SpansOf(string traceId)
    {
        lock (_gate)
        {
            return [.. _spans.Where(span => span.TraceId == traceId)];
        }
    }

    /// <summary>Waits until the spans of a trace satisfy <paramref name="complete"/>.</summary>
    /// <exception cref="TimeoutException">They did not before the token was cancelled; the message lists them.</exception>
    public async Task<IReadOnlyList<CollectedSpan>> WaitForAsync(
        string traceId, Func<IReadOnlyList<CollectedSpan>, bool> complete, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            IReadOnlyList<CollectedSpan> spans;
            lock (_gate)
            {
                changed = _changed.Task;
                spans = [.. _spans.Where(span => span.TraceId == traceId)];
            }

            if (complete(spans))
            {
                return spans;
            }

            try
            {
                await changed.WaitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException("only these spans arrived:\n" + string.Join('\n', spans.Select(static span => $"{span.Service}: {span.Name} {span.SpanId} of {span.ParentId}")));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }
}
