using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>
/// The lab's models as an <see cref="IChatClient"/>, over <c>Orchestrator.Chat</c>. Thread-safe; make one and keep it.
/// <para>
/// The lab keeps no conversations and takes text, function calls and their results: <see cref="NotSupportedException"/>
/// for a conversation id, for images and other contents, and for tools that are no functions. What
/// <see cref="ChatOptions"/> has no property for is set by name in <see cref="ChatOptions.AdditionalProperties"/> (every
/// field of <c>SamplingProgram</c>, and of <c>GenerateRequest</c> but the prompt, for example <c>min_p</c> or
/// <c>guard</c>; <see cref="ArgumentException"/> for a name that is none) or in a <see cref="V1.GenerateRequest"/> from
/// <see cref="ChatOptions.RawRepresentationFactory"/>, which has the last word.
/// </para>
/// <para>
/// Tools: a required one is called by any model, as a constraint forces it. With <see cref="ChatToolMode.Auto"/> or
/// nothing the model decides, which needs a chat template that carries tools. A model without one is not offered tools
/// again when it is to answer a result, unless Auto is set.
/// An answer has at most 128 tokens where <see cref="ChatOptions.MaxOutputTokens"/> is not set.
/// <see cref="ChatOptions.Reasoning"/> and <see cref="ChatOptions.AllowMultipleToolCalls"/> change nothing.
/// </para>
/// <para>An answer's message has the seed in use as additional property <c>seed</c>.</para>
/// <para>Errors are <see cref="RpcException"/>s with the statuses of <c>Orchestrator.Chat</c>; INTERNAL when the model failed on the way.</para>
/// </summary>
public sealed class LabChatClient : IChatClient
{
    private readonly V1.Orchestrator.OrchestratorClient _orchestrator;
    private readonly ChatClientMetadata _metadata;
    private readonly ToolTemplates _templates;
    private readonly LabChannel? _channel;

    /// <summary>A client with a channel of its own, which ends with it. Nothing is sent before the first call.</summary>
    /// <param name="address">The orchestrator, as <see cref="LabChannel(Uri, LabCredentials?, Action{Grpc.Net.Client.GrpcChannelOptions}?)"/> takes it.</param>
    /// <param name="model">Who answers where the options name no model; null: the lab's default model.</param>
    /// <param name="credentials">What the orchestrator wants to see. Null: nothing.</param>
    /// <exception cref="Security.SecurityFileException">A PEM file cannot be used.</exception>
    public LabChatClient(Uri address, string? model = null, LabCredentials? credentials = null)
        : this(new LabChannel(address, credentials), address, model)
    {
    }

    /// <summary>A client of an orchestrator behind a channel or call invoker that stays the caller's.</summary>
    /// <param name="orchestrator">Channels have one: <see cref="LabChannel.Invoker"/>, <see cref="ChannelBase.CreateCallInvoker"/>.</param>
    /// <param name="model">Who answers where the options name no model; null: the lab's default model.</param>
    public LabChatClient(CallInvoker orchestrator, string? model = null)
        : this(orchestrator, address: null, model)
    {
    }

    internal LabChatClient(CallInvoker orchestrator, Uri? address, string? model)
    {
        _orchestrator = new V1.Orchestrator.OrchestratorClient(orchestrator);
        _templates = new ToolTemplates(_orchestrator);
        _metadata = new ChatClientMetadata("genailab", address, model);
    }

    private LabChatClient(LabChannel channel, Uri address, string? model)
        : this(channel.Invoker, address, model) =>
        _channel = channel;

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            updates.Add(update);
        }

        return updates.ToChatResponse();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new V1.ChatRequest
        {
            Settings = ChatSettings.From(options, this, _metadata.DefaultModelId),
            Messages = { ConversationTurns.From(messages, options?.Instructions) },
        };
        ToolOffer.Add(options, request);
        await _templates.AdaptAsync(request, cancellationToken);
        var answer = new Answer();
        await foreach (var response in ObservedCalls.ReadAsync(token => _orchestrator.Chat(request, cancellationToken: token), cancellationToken))
        {
            yield return answer.Add(response);
        }
    }

    /// <summary>The client itself, its <see cref="ChatClientMetadata"/>, or the generated client of the orchestrator.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(V1.Orchestrator.OrchestratorClient) ? _orchestrator
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Closes the channel that this client made; answers that still come end.</summary>
    public void Dispose() => _channel?.Dispose();
}
