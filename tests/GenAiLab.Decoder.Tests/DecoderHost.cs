using System.Diagnostics;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Decoder.Tests;

/// <summary>The service on a loopback port, over a folder of models of its own, and a client.</summary>
public sealed class DecoderHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplication _app;
    private readonly string _root;

    private DecoderHost(WebApplication app, string root)
    {
        (_app, _root) = (app, root);
        Channel = GrpcChannel.ForAddress(app.Urls.Single());
        Client = new V1.Decoder.DecoderClient(Channel);
    }

    public GrpcChannel Channel { get; }

    public V1.Decoder.DecoderClient Client { get; }

    public ServiceReadiness Readiness => _app.Services.GetRequiredKeyedService<ServiceReadiness>("decoder");

    public static CallOptions Options => new(deadline: DateTime.UtcNow + Patience, cancellationToken: TestContext.Current.CancellationToken);

    public static async Task<DecoderHost> StartAsync(Action<string>? models = null, params (string Key, string Value)[] settings)
    {
        var root = Directory.CreateTempSubdirectory("decoder-tests-").FullName;
        (models ?? (static root => TinyModel.Write(root, "tiny")))(root);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection([
            new("Models:Root", root), new("Models:Default", settings.FirstOrDefault(static setting => setting.Key == "Models:Default").Value ?? "tiny"), new("Decoder:Threads", "1"), new("Decoder:DrainGrace", "0"),
            .. settings.Where(static setting => setting.Key != "Models:Default").Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)),
        ]);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.AddServiceDefaults("decoder");
        builder.AddDecoder();
        var app = builder.Build();
        app.UseRouting();
        app.MapServiceDefaults();
        app.MapDecoder();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var host = new DecoderHost(app, root);
        await host.Readiness.Verdict.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return host;
    }

    public static TokenIds Ids(params IEnumerable<int> ids) => new() { Ids = { ids } };

    public static StepRequest Open(IEnumerable<int> prompt, DistributionForm form = DistributionForm.Full, int top = 0, string model = "") =>
        new() { Open = new StepOpen { Prompt = Ids(prompt), Form = form, Top = top, Model = model } };

    public static StepRequest Append(int token) => new() { Append = new StepAppend { TokenIds = { token } } };

    public static async Task<StepResponse> ExchangeAsync(AsyncDuplexStreamingCall<StepRequest, StepResponse> call, StepRequest request)
    {
        await call.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current;
    }

    public async Task<List<GenerateTokensResponse>> GenerateAsync(GenerateTokensRequest request)
    {
        var responses = new List<GenerateTokensResponse>();
        using var call = Client.GenerateTokens(request, Options);
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            responses.Add(response);
        }

        return responses;
    }

    /// <summary>Asks until as many slots are in use.</summary>
    public Task WaitForSlotsInUseAsync(int count) => ListedAsync(listed => listed.SlotsInUse == count, $"{count} slots in use");

    /// <summary>The first model's description, once it is as wished.</summary>
    public async Task<DecoderDescription> ListedAsync(Func<DecoderDescription, bool> wished, string wish)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var listed = (await Client.ListDecodersAsync(new ListDecodersRequest(), Options)).Decoders[0];
            if (wished(listed))
            {
                return listed;
            }

            Assert.True(watch.Elapsed < Patience, $"there were never {wish}");
            await Task.Yield();
        }
    }

    /// <summary>The status of a call that must fail, and the first field that it names.</summary>
    public static async Task<(StatusCode Code, string Field, Google.Rpc.Status? Details)> FailureAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        var details = error.GetRpcStatus();
        return (error.StatusCode, details?.GetDetail<BadRequest>()?.FieldViolations[0].Field ?? "", details);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        await _app.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}
