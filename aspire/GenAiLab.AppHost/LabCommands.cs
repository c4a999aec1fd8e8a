using System.Text;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GenAiLab.AppHost;

/// <summary>What the dashboard offers on the lab's services beside starting and stopping them.</summary>
internal static class LabCommands
{
    private const string Prompt = "The capital of France is";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A link to the readiness report; the gRPC address, which no browser can open, among the details only.</summary>
    public static IResourceBuilder<ProjectResource> WithLabLinks(this IResourceBuilder<ProjectResource> service) => service
        .WithUrlForEndpoint("http", static url =>
        {
            url.Url += "/health";
            url.DisplayText = "Health";
        })
        .WithUrlForEndpoint("grpc", static url =>
        {
            url.DisplayText = "gRPC";
            url.DisplayLocation = UrlDisplayLocation.DetailsOnly;
        });

    /// <summary>"Generate a sample": continues a sentence and shows the text.</summary>
    public static IResourceBuilder<ProjectResource> WithSampleCommand(this IResourceBuilder<ProjectResource> orchestrator) =>
        orchestrator.WithCommand(
            "generate-sample",
            "Generate a sample",
            async context =>
            {
                using var channel = GrpcChannel.ForAddress(orchestrator.GetEndpoint("grpc").Url);
                var request = new GenerateRequest { Text = Prompt, MaxTokens = 24 };
                var text = new StringBuilder(Prompt);
                try
                {
                    using var call = new Orchestrator.OrchestratorClient(channel)
                        .Generate(request, deadline: DateTime.UtcNow + Patience, cancellationToken: context.CancellationToken);
                    await foreach (var response in call.ResponseStream.ReadAllAsync(context.CancellationToken))
                    {
                        text.Append(response.Token?.Text).Append(response.Finished?.Text);
                    }
                }
                catch (RpcException error)
                {
                    return CommandResults.Failure(error.Status.Detail);
                }

                return CommandResults.Success("A sample of the default model", text.ToString(), CommandResultFormat.Text, displayImmediately: true);
            },
            Healthy("Continues a sentence with the default model.", "TextGrammarWand"));

    /// <summary>"Drain": takes no new streams, lets those that run end or hands them over, then ends the process.</summary>
    public static IResourceBuilder<ProjectResource> WithDrainCommand(this IResourceBuilder<ProjectResource> decoder) =>
        decoder.WithCommand(
            "drain",
            "Drain",
            async context =>
            {
                using var channel = GrpcChannel.ForAddress(decoder.GetEndpoint("grpc").Url);
                try
                {
                    // The grace is the decoder's own; some time for the answer to come back.
                    var drained = await new DecoderControl.DecoderControlClient(channel)
                        .DrainAsync(new DrainRequest(), deadline: DateTime.UtcNow + (2 * Patience), cancellationToken: context.CancellationToken);
                    return CommandResults.Success($"{drained.StreamsFinished} streams have ended, {drained.StreamsHandedOver} go on elsewhere");
                }
                catch (RpcException error)
                {
                    return CommandResults.Failure(error.Status.Detail);
                }
            },
            Healthy("Ends its streams or hands them over, then ends it.", "ArrowExit"));

    /// <summary>A button on one resource that starts another, which waits for it.</summary>
    public static IResourceBuilder<ProjectResource> WithStartCommand(
        this IResourceBuilder<ProjectResource> service, IResourceBuilder<ProjectResource> started, string displayName, string icon) =>
        service.WithCommand(
            $"start-{started.Resource.Name}",
            displayName,
            context => context.ServiceProvider.GetRequiredService<ResourceCommandService>()
                .ExecuteCommandAsync(started.Resource, KnownResourceCommands.StartCommand, context.CancellationToken),
            Healthy($"Starts the resource '{started.Resource.Name}'; its console shows how it goes.", icon));

    private static CommandOptions Healthy(string description, string icon) => new()
    {
        Description = description,
        IconName = icon,
        IsHighlighted = true,
        UpdateState = static context => context.ResourceSnapshot.HealthStatus is HealthStatus.Healthy
            ? ResourceCommandState.Enabled
            : ResourceCommandState.Disabled,
    };
}
