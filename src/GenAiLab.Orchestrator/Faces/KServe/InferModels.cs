using System.Text;
using GenAiLab.Inference;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Faces.OpenAi;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>Answers one request: by a generator through the service of this process, or by a classifier.</summary>
internal sealed class InferModels(OwnOrchestrator orchestrator, ModelCatalogue generators, V1.Classifier.ClassifierClient classifier)
{
    /// <summary>Texts or images that are classified in one request.</summary>
    public const int MaximumBatch = 64;

    /// <summary>The responses to one request; one alone unless it may stream.</summary>
    /// <exception cref="RpcException">As the contract says; fields are called what the caller called them.</exception>
    public async Task AnswerAsync(ModelInferRequest request, bool mayStream, Func<ModelInferResponse, Task> write, ServerCallContext context)
    {
        if (request.ModelName.Length == 0)
        {
            RpcErrors.ThrowInvalidArgument("model_name", "is missing");
        }

        CheckVersion(request.ModelName, request.ModelVersion);
        var options = OptionsOf(context);
        if (await IsGeneratorAsync(request.ModelName, options))
        {
            await GenerateAsync(GeneratorRequest.Read(request), request, mayStream, write, context);
        }
        else
        {
            await write(await ClassifyAsync(request, context));
        }
    }

    /// <exception cref="RpcException">NOT_FOUND.</exception>
    public static void CheckVersion(string model, string version)
    {
        if (version is not ("" or ModelTensors.Version))
        {
            throw RpcErrors.NotFound("version", $"{version} of {model}", [ModelTensors.Version]);
        }
    }

    public static CallLimits OptionsOf(ServerCallContext context) => new CallOptions(
        deadline: context.Deadline == DateTime.MaxValue ? null : context.Deadline, cancellationToken: context.CancellationToken);

    private async Task<bool> IsGeneratorAsync(string name, CallLimits options)
    {
        try
        {
            await generators.GetReadyAsync(name, options);
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    private async Task GenerateAsync(
        GeneratorRequest read, ModelInferRequest request, bool mayStream, Func<ModelInferResponse, Task> write, ServerCallContext context)
    {
        if (read.Streams == true && !mayStream)
        {
            RpcErrors.ThrowInvalidArgument(ModelTensors.Stream, "needs ModelStreamInfer");
        }

        var streams = mayStream && read.Streams != false;
        var text = new StringBuilder(read.Echo ? read.Generate.Text : "");
        try
        {
            await foreach (var said in FaceStream.GenerateAsync(orchestrator.For(context.ApiKeyTenant()), read.Generate, context.CancellationToken))
            {
                switch (said)
                {
                    case FaceText more:
                        text.Append(more.Text);
                        if (streams && text.Length > 0 && more.Token is not null)
                        {
                            await write(Response(read.Outputs, text.ToString(), "", streams ? false : null));
                            text.Clear();
                        }

                        break;
                    case FaceFinished finished:
                        await write(Response(read.Outputs, text.ToString(), FinishReasons.Of(finished.Finished), mayStream ? true : null));
                        break;
                }
            }
        }
        catch (RpcException error) when (error.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.FirstOrDefault() is { } violation)
        {
            throw RpcErrors.InvalidArgument(violation.Field == "text" ? ModelTensors.TextInput : OpenAiNames.OfCompletion(violation.Field), violation.Description);
        }
    }

    private static ModelInferResponse Response(OutputTensors outputs, string text, string finishReason, bool? isLast)
    {
        var response = outputs.Response(
            (ModelTensors.TextOutput, [1], OutputTensors.Texts(text)),
            (ModelTensors.FinishReason, [1], OutputTensors.Texts(finishReason)));
        if (isLast is { } last)
        {
            response.Parameters[InferStream.FinalResponse] = new InferParameter { BoolParam = last };
        }

        return response;
    }

    private async Task<ModelInferResponse> ClassifyAsync(ModelInferRequest request, ServerCallContext context)
    {
        if (!context.ApiKeyAllows(ApiScopes.Classify))
        {
            throw RpcErrors.PermissionDenied($"the API key lacks the scope '{ApiScopes.Classify}' that a classifier wants");
        }

        var (inputs, outputs) = await ReadAsync(request, OptionsOf(context));
        var answers = new List<ClassifyResponse>(inputs.Count);
        foreach (var input in inputs)
        {
            answers.Add(await ClassifyAsync(input, OptionsOf(context)));
        }

        long[] one = [answers.Count];
        long[] all = [answers.Count, answers[0].Labels.Count];
        var labels = answers.SelectMany(static answer => answer.Labels).ToList();
        return outputs.Response(
            (ModelTensors.Label, one, OutputTensors.Texts(answers.Select(static answer => answer.Labels[0].Label))),
            (ModelTensors.Probability, one, OutputTensors.Numbers(answers.Select(static answer => answer.Labels[0].Probability))),
            (ModelTensors.Labels, all, OutputTensors.Texts(labels.Select(static label => label.Label))),
            (ModelTensors.Probabilities, all, OutputTensors.Numbers(labels.Select(static label => label.Probability))),
            (ModelTensors.Logits, all, OutputTensors.Numbers(labels.Select(static label => label.Logit))));
    }

    private async Task<(IReadOnlyList<ClassifyRequest> Inputs, OutputTensors Outputs)> ReadAsync(ModelInferRequest request, CallLimits options)
    {
        try
        {
            return ReadInputs(request);
        }
        catch (RpcException)
        {
            // What is wrong for a classifier may be right for the model that was meant.
            var known = await DownstreamCall.InvokeAsync(
                "classifier", () => classifier.ListClassifiersAsync(new ListClassifiersRequest(), options).ResponseAsync, options.CancellationToken);
            if (known.Classifiers.All(model => model.Name != request.ModelName))
            {
                throw RpcErrors.NotFound("model", request.ModelName);
            }

            throw;
        }
    }

    private static (IReadOnlyList<ClassifyRequest> Inputs, OutputTensors Outputs) ReadInputs(ModelInferRequest request)
    {
        if (request.Parameters.Keys.FirstOrDefault() is { } parameter)
        {
            RpcErrors.ThrowInvalidArgument(parameter, "is not a parameter that a classifier knows");
        }

        var inputs = new InputTensors(request);
        var field = inputs.Names.Contains(ModelTensors.ImageInput) ? ModelTensors.ImageInput : ModelTensors.TextInput;
        if (inputs.Names.FirstOrDefault(name => name != field) is { } other)
        {
            RpcErrors.ThrowInvalidArgument(other, $"is not an input of a classifier; {ModelTensors.TextInput} or {ModelTensors.ImageInput} is");
        }

        IReadOnlyList<ClassifyRequest> requests = field == ModelTensors.ImageInput
            ? [.. inputs.Bytes(field).Select(image => new ClassifyRequest { Model = request.ModelName, Image = image })]
            : [.. inputs.Texts(field).Select(text => new ClassifyRequest { Model = request.ModelName, Text = text })];
        if (requests.Count is < 1 or > MaximumBatch)
        {
            RpcErrors.ThrowInvalidArgument(field, $"must have 1 to {MaximumBatch} elements");
        }

        return (requests, new OutputTensors(request, inputs.IsRaw, ModelTensors.ClassifierOutputs));
    }

    private async Task<ClassifyResponse> ClassifyAsync(ClassifyRequest request, CallLimits options)
    {
        try
        {
            return await DownstreamCall.InvokeAsync(
                "classifier", () => classifier.ClassifyAsync(request, options).ResponseAsync, options.CancellationToken);
        }
        catch (RpcException error) when (error.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.FirstOrDefault() is { } violation)
        {
            throw RpcErrors.InvalidArgument(
                request.InputCase == ClassifyRequest.InputOneofCase.Image ? ModelTensors.ImageInput : ModelTensors.TextInput, violation.Description);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw RpcErrors.NotFound("model", request.Model); // It is neither a generator nor a classifier.
        }
    }
}
