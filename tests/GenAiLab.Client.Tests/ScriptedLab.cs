using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Client.Tests;

/// <summary>The three services that the client calls, scripted, on one loopback port.</summary>
internal sealed class ScriptedLab : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplication _application;

    private ScriptedLab(WebApplication application) => _application = application;

    public Uri Address => new(_application.Urls.Single());

    public LabClient Client() => new(new LabAddresses { Orchestrator = Address, Tokenizer = Address, Classifier = Address });

    public ScriptedOrchestrator Orchestrator => _application.Services.GetRequiredService<ScriptedOrchestrator>();

    public static async Task<ScriptedLab> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.AddServiceDefaults("scripted");
        builder.Services.AddSingleton<ScriptedOrchestrator>();
        var application = builder.Build();
        application.MapGrpcService<ScriptedOrchestrator>();
        application.MapGrpcService<ScriptedTokenizer>();
        application.MapGrpcService<ScriptedClassifier>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new ScriptedLab(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}

internal sealed class ScriptedTokenizer : V1.Tokenizer.TokenizerBase
{
    public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context) =>
        Task.FromResult(new EncodeResponse { Tokens = { new Token { Id = 7, Piece = ByteString.CopyFromUtf8(request.Text) } } });
}

internal sealed class ScriptedClassifier : V1.Classifier.ClassifierBase
{
    public override Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context) =>
        Task.FromResult(new ClassifyResponse { Model = request.Model, Labels = { new LabelProbability { Label = request.Text, Probability = 1 } }, TokenCount = request.Top });
}
