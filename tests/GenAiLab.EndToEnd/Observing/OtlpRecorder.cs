using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>
/// An OTLP receiver that keeps every message as it came: for tests of what must not be in there, whatever
/// field it might be in.
/// </summary>
internal sealed class OtlpRecorder : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<byte[]>> _received = new();

    private OtlpRecorder(WebApplication application) => _application = application;

    public string Address => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<OtlpRecorder> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        var recorder = new OtlpRecorder(builder.Build());
        // opentelemetry.proto.collector.logs.v1.LogsService and its like for traces and metrics.
        recorder._application.MapPost("/opentelemetry.proto.collector.{signal}.v1.{service}/Export", recorder.ReceiveAsync);
        await recorder._application.StartAsync();
        return recorder;
    }

    /// <summary>Whether a message of a signal ("logs", "trace", "metrics") has these bytes in it, or a message of any for null.</summary>
    public bool Has(string? signal, byte[] bytes) =>
        _received.Where(received => signal is null || received.Key == signal).SelectMany(static received => received.Value)
            .Any(message => message.AsSpan().IndexOf(bytes) >= 0);

    /// <inheritdoc cref="Has(string?, byte[])"/>
    public bool Has(string? signal, string text) => Has(signal, Encoding.UTF8.GetBytes(text));

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context, string signal)
    {
        using var message = new MemoryStream();
        await context.Request.Body.CopyToAsync(message, context.RequestAborted);
        _received.GetOrAdd(signal, static _ => new()).Enqueue(message.ToArray());
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");
        // An empty message: not compressed, length 0.
        await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
    }
}
