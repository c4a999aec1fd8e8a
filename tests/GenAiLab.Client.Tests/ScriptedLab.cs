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
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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

/// <summary>Echoes the prompt, one token per character; some prompts fail.</summary>
internal sealed class ScriptedOrchestrator : V1.Orchestrator.OrchestratorBase
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Cancelled => _cancelled.Task;

    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        var prompt = request.Chat is { } chat
            ? string.Join('|', chat.Messages.Select(static message => $"{message.Role}:{message.Content}")) + "@" + request.Model
            : request.Text;
        switch (prompt)
        {
            case "":
                throw RpcErrors.InvalidArgument("text", "is empty");
            case "full":
                throw RpcErrors.ResourceExhausted("every slot is taken", TimeSpan.FromSeconds(3));
            case "garbled":
                throw new RpcException(new Status(StatusCode.InvalidArgument, "no details"), new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF] } });
        }

        await responseStream.WriteAsync(new GenerateResponse { Started = new GenerationStarted { Model = "scripted" } });
        foreach (var character in prompt)
        {
            await responseStream.WriteAsync(new GenerateResponse { Token = new GeneratedToken { Text = $"{character}" } });
        }

        if (prompt == "endless")
        {
            try
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }
            finally
            {
                _cancelled.TrySetResult();
            }
        }

        var reason = prompt is "broken" or "user:broken@" ? FinishReason.Error : FinishReason.MaxTokens;
        await responseStream.WriteAsync(new GenerateResponse { Finished = new GenerationFinished { Reason = reason, Text = $"/{request.MaxTokens}" } });
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListModelsResponse { DefaultModel = "scripted" });
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
