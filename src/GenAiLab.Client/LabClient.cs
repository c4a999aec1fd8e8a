using System.Runtime.CompilerServices;
using System.Text;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Client;

/// <summary>
/// A thin client of the lab. Thread-safe; make one and keep it.
/// <example>
/// <code>
/// using var lab = new LabClient();
/// Console.WriteLine(await lab.CompleteAsync("The capital of France is", request => request.MaxTokens = 2));
/// await foreach (var response in lab.GenerateAsync(new GenerateRequest { Text = "Once upon a time" }))
/// {
///     Console.Write(response.Token?.Text ?? response.Finished?.Text);
/// }
///
/// ChatMessage[] conversation = [new() { Role = "user", Content = "What is the capital of France?" }];
/// Console.WriteLine(await lab.AnswerAsync(conversation, request => request.Model = "lab-chat"));
/// </code>
/// </example>
/// <para>
/// Errors are <see cref="RpcException"/>s with the statuses that the contracts name;
/// <see cref="RpcExceptionExtensions.GetFieldViolations"/> tells which fields were refused and why. A
/// cancelled token gives an <see cref="OperationCanceledException"/>. Leaving a stream early, by
/// <c>break</c> as well, ends the generation on the server.
/// </para>
/// </summary>
public sealed partial class LabClient : IDisposable
{
    private readonly LabChannel[] _channels = [];
    private readonly CallInvoker _orchestratorInvoker;
    private readonly Uri? _orchestratorAddress;
    private readonly V1.Orchestrator.OrchestratorClient _orchestrator;
    private readonly V1.Tokenizer.TokenizerClient _tokenizer;
    private readonly V1.Classifier.ClassifierClient _classifier;
    private readonly V1.Preferences.PreferencesClient _preferences;

    /// <summary>A client of a lab on this machine, started by <c>lab up</c>.</summary>
    public LabClient()
        : this(new LabAddresses())
    {
    }

    /// <summary>A client with channels of its own, which end with it. Nothing is sent before the first call.</summary>
    /// <param name="addresses">Where the services are, by http or https.</param>
    /// <param name="credentials">What they want to see: certificates, an API key. Null: nothing.</param>
    /// <exception cref="Security.SecurityFileException">A PEM file cannot be used.</exception>
    public LabClient(LabAddresses addresses, LabCredentials? credentials = null)
        : this(
            new LabChannel([addresses.Orchestrator, .. addresses.OrchestratorReplicas], credentials),
            new LabChannel(addresses.Tokenizer, credentials),
            new LabChannel(addresses.Classifier, credentials),
            new LabChannel(addresses.Preferences, credentials)) =>
        _orchestratorAddress = addresses.Orchestrator;

    /// <summary>A client of services that share one channel, such as the <c>inproc</c> topology; the channel stays the caller's.</summary>
    public LabClient(ChannelBase channel)
        : this(channel.CreateCallInvoker())
    {
    }

    /// <summary>A client of services that share one call invoker: interceptors, direct calls.</summary>
    public LabClient(CallInvoker invoker)
        : this(invoker, invoker, invoker, invoker)
    {
    }

    /// <summary>A client with a call invoker for each service.</summary>
    public LabClient(CallInvoker orchestrator, CallInvoker tokenizer, CallInvoker classifier, CallInvoker preferences)
    {
        _orchestratorInvoker = orchestrator;
        _orchestrator = new V1.Orchestrator.OrchestratorClient(orchestrator);
        _tokenizer = new V1.Tokenizer.TokenizerClient(tokenizer);
        _classifier = new V1.Classifier.ClassifierClient(classifier);
        _preferences = new V1.Preferences.PreferencesClient(preferences);
    }

    private LabClient(LabChannel orchestrator, LabChannel tokenizer, LabChannel classifier, LabChannel preferences)
        : this(orchestrator.Invoker, tokenizer.Invoker, classifier.Invoker, preferences.Invoker) =>
        _channels = [orchestrator, tokenizer, classifier, preferences];

    /// <summary>Continues a prompt: <c>started</c>, a <c>token</c> each, <c>finished</c>, as they happen.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Generate</c>.</exception>
    public IAsyncEnumerable<GenerateResponse> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        ObservedCalls.ReadAsync(token => _orchestrator.Generate(request, cancellationToken: token), cancellationToken);

    /// <summary>Continues a text and returns the continuation.</summary>
    /// <param name="prompt">The text to continue.</param>
    /// <param name="configure">Sets what else the request shall say, for example <c>request => request.MaxTokens = 16</c>.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Generate</c>; INTERNAL when the model failed on the way.</exception>
    public async Task<string> CompleteAsync(
        string prompt, Action<GenerateRequest>? configure = null, CancellationToken cancellationToken = default)
    {
        var request = new GenerateRequest { Text = prompt, Sampling = new SamplingProgram() };
        configure?.Invoke(request);
        return await TextAsync(GenerateAsync(request, cancellationToken));
    }

    /// <summary>Answers a conversation: <c>started</c>, a <c>token</c> each, <c>finished</c>, as they happen.</summary>
    /// <param name="conversation">All that was said so far, oldest first: the model remembers nothing.</param>
    /// <param name="configure">Sets what else the request shall say, for example <c>request => request.Model = "lab-chat"</c>.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <exception cref="RpcException">
    /// The statuses of <c>Orchestrator.Generate</c>; FAILED_PRECONDITION for a model without a chat template.
    /// </exception>
    public IAsyncEnumerable<GenerateResponse> ChatAsync(
        IEnumerable<ChatMessage> conversation, Action<GenerateRequest>? configure = null, CancellationToken cancellationToken = default)
    {
        var request = new GenerateRequest { Chat = new ChatMessages { Messages = { conversation } }, Sampling = new SamplingProgram() };
        configure?.Invoke(request);
        return GenerateAsync(request, cancellationToken);
    }

    /// <summary>Answers a conversation and returns the answer's text. As <see cref="ChatAsync(IEnumerable{ChatMessage}, Action{GenerateRequest}?, CancellationToken)"/> otherwise.</summary>
    /// <exception cref="RpcException">The statuses of <c>Orchestrator.Generate</c>; INTERNAL when the model failed on the way.</exception>
    public Task<string> AnswerAsync(
        IEnumerable<ChatMessage> conversation, Action<GenerateRequest>? configure = null, CancellationToken cancellationToken = default) =>
        TextAsync(ChatAsync(conversation, configure, cancellationToken));

    /// <summary>The models that can generate, and the default one.</summary>
    /// <exception cref="RpcException">UNAVAILABLE when the decoder is not reachable.</exception>
    public Task<ListModelsResponse> ListModelsAsync(CancellationToken cancellationToken = default) =>
        _orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellationToken).ObserveAsync(cancellationToken);

    /// <summary>The distribution over a classifier's labels, most probable first.</summary>
    /// <param name="text">What to classify.</param>
    /// <param name="model">The classifier; empty: the default one.</param>
    /// <param name="top">How many labels; 0: all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Classifier.Classify</c>.</exception>
    public Task<ClassifyResponse> ClassifyAsync(
        string text, string model = "", int top = 0, CancellationToken cancellationToken = default) =>
        _classifier.ClassifyAsync(new ClassifyRequest { Text = text, Model = model, Top = top }, cancellationToken: cancellationToken)
            .ObserveAsync(cancellationToken);

    /// <summary>The tokens of a text, without added special tokens.</summary>
    /// <param name="text">What to cut into tokens.</param>
    /// <param name="vocabulary">The vocabulary; empty: the default one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Tokenizer.Encode</c>.</exception>
    public Task<EncodeResponse> EncodeAsync(string text, string vocabulary = "", CancellationToken cancellationToken = default) =>
        _tokenizer.EncodeAsync(new EncodeRequest { Text = text, Vocabulary = vocabulary }, cancellationToken: cancellationToken)
            .ObserveAsync(cancellationToken);

    /// <summary>Stores which of two answers someone prefers; when this returns, it is on disk.</summary>
    /// <param name="request">With an id of your own a retry is safe.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Preferences.RecordPreference</c>.</exception>
    public Task<RecordPreferenceResponse> RecordPreferenceAsync(
        RecordPreferenceRequest request, CancellationToken cancellationToken = default) =>
        _preferences.RecordPreferenceAsync(request, cancellationToken: cancellationToken).ObserveAsync(cancellationToken);

    /// <summary>How many preferences there are, together and by rater.</summary>
    /// <param name="rater">Only this one's; empty: everyone's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The statuses of <c>Preferences.CountPreferences</c>.</exception>
    public Task<CountPreferencesResponse> CountPreferencesAsync(string rater = "", CancellationToken cancellationToken = default) =>
        _preferences.CountPreferencesAsync(new CountPreferencesRequest { Rater = rater }, cancellationToken: cancellationToken)
            .ObserveAsync(cancellationToken);

    /// <summary>All preferences, oldest first.</summary>
    /// <param name="rater">Only this one's; empty: everyone's.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="RpcException">The statuses of <c>Preferences.ExportPreferences</c>.</exception>
    public async IAsyncEnumerable<Preference> ExportPreferencesAsync(
        string rater = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ExportPreferencesRequest { Rater = rater };
        await foreach (var response in ObservedCalls.ReadAsync(
            token => _preferences.ExportPreferences(request, cancellationToken: token), cancellationToken))
        {
            yield return response.Preference;
        }
    }

    /// <summary>Closes the channels that this client made; generations that still run end.</summary>
    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private static async Task<string> TextAsync(IAsyncEnumerable<GenerateResponse> responses)
    {
        var text = new StringBuilder();
        await foreach (var response in responses)
        {
            text.Append(response.Token?.Text).Append(response.Finished?.Text);
            if (response.Finished?.Reason == FinishReason.Error)
            {
                throw new RpcException(new Status(StatusCode.Internal, "the model failed before the text was complete"));
            }
        }

        return text.ToString();
    }
}
