using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>
/// One prompt, several models side by side. Each model's generation has at most one event waiting for the caller's
/// stream: a slow reader slows all of them down, and a failed model none of the others.
/// </summary>
internal sealed class CompareCall(ModelCatalogue catalogue, ChatVocabularies vocabularies, ILogger<CompareCall> logger)
{
    public const int MinimumModels = 2;
    public const int MaximumModels = 8;

    /// <exception cref="RpcException">INVALID_ARGUMENT for what is wrong whatever the model is; what only some models refuse are events.</exception>
    public async Task RunAsync(
        CompareRequest request, GenerateCall generate, IServerStreamWriter<CompareResponse> responses, CallLimits downstream, ServerCallContext context)
    {
        Validate(request);
        var requests = await ForEachModelAsync(request, downstream);
        using var turn = new SemaphoreSlim(1);
        var branches = requests.Select(_ => new BranchCallContext(context)).ToList();
        var cancellation = context.CancellationToken;
        await Task.WhenAll(requests.Select((one, index) => RunOneAsync(one, branches[index], index)));

        async Task RunOneAsync(GenerateRequest one, BranchCallContext branch, int index)
        {
            var writer = new CallbackWriter<GenerateResponse>(response => WriteAsync(new CompareResponse { ModelIndex = index, Response = response }));
            try
            {
                await generate(one, writer, branch);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested && error is not OperationCanceledException)
            {
                await WriteAsync(new CompareResponse { ModelIndex = index, Error = Explain(error) });
            }
        }

        async Task WriteAsync(CompareResponse response)
        {
            await turn.WaitAsync(cancellation);
            try
            {
                await responses.WriteAsync(response, cancellation);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    private static void Validate(CompareRequest request)
    {
        if (request.Models.Count is < MinimumModels or > MaximumModels)
        {
            RpcErrors.ThrowInvalidArgument("models", $"has {request.Models.Count} names; there must be {MinimumModels} to {MaximumModels}");
        }

        for (var index = 0; index < request.Models.Count; index++)
        {
            if (request.Models[index].Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"models[{index}]", "is empty");
            }

            if (request.Models.IndexOf(request.Models[index]) < index)
            {
                RpcErrors.ThrowInvalidArgument($"models[{index}]", "is there twice");
            }
        }

        if (request.Request is null)
        {
            RpcErrors.ThrowInvalidArgument("request", "is missing");
        }

        if (request.Request.Model.Length > 0)
        {
            RpcErrors.ThrowInvalidArgument("request.model", "contradicts models: leave it empty");
        }

        try
        {
            RequestValidation.Validate(request.Request);
        }
        catch (RpcException error)
        {
            throw FieldNames.Rename(error, static field => "request." + field);
        }
    }

    private async Task<IReadOnlyList<GenerateRequest>> ForEachModelAsync(CompareRequest request, CallLimits downstream)
    {
        IReadOnlySet<string> withoutTemplate = request.Request.PromptCase == GenerateRequest.PromptOneofCase.Chat
            ? await WithoutTemplateAsync(request.Models, downstream)
            : new HashSet<string>();
        return [.. request.Models.Select(model =>
        {
            var one = request.Request.Clone();
            one.Model = model;
            if (withoutTemplate.Contains(model))
            {
                one.Text = one.Chat.Messages[^1].Content;
            }

            return one;
        })];
    }

    // Those that the lab does not know are left to their generations, which say what is wrong.
    private async Task<IReadOnlySet<string>> WithoutTemplateAsync(IEnumerable<string> models, CallLimits downstream)
    {
        var listing = await catalogue.ListAsync(downstream);
        var known = listing.Decoders.Where(decoder => models.Contains(decoder.Name)).ToList();
        var chat = await vocabularies.FindAsync(known.Select(static decoder => decoder.Vocabulary), downstream);
        return known.Where(decoder => chat?.Chat.Contains(decoder.Vocabulary) == false).Select(static decoder => decoder.Name).ToHashSet();
    }

    private CompareError Explain(Exception error)
    {
        if (error is RpcException known)
        {
            return new CompareError { Code = (int)known.StatusCode, Message = known.Status.Detail };
        }

        logger.CompareFailed(error);
        return new CompareError { Code = (int)StatusCode.Internal, Message = "the service failed; its log says more" };
    }
}
