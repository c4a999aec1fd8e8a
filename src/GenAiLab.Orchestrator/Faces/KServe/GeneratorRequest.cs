using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Constraints;
using GenAiLab.Inference;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>
/// A ModelInferRequest for a generator. Parameters come three ways, as clients of different servers send them:
/// in the request's parameters, in tensors of one element with the parameter's name, or as JSON in the tensor
/// sampling_parameters. One parameter twice contradicts itself.
/// </summary>
internal sealed record GeneratorRequest
{
    public required GenerateRequest Generate { get; init; }

    /// <summary>Whether text comes as it is made; null: the caller does not say.</summary>
    public required bool? Streams { get; init; }

    /// <summary>Whether the text begins with the prompt.</summary>
    public required bool Echo { get; init; }

    public required OutputTensors Outputs { get; init; }

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the tensor or the parameter.</exception>
    public static GeneratorRequest Read(ModelInferRequest request)
    {
        var inputs = new InputTensors(request);
        var bag = new System.Text.Json.Nodes.JsonObject();
        foreach (var (name, value) in request.Parameters)
        {
            Put(bag, name, Node(name, value));
        }

        foreach (var name in inputs.Names.Except([ModelTensors.TextInput, ModelTensors.SamplingParameters]))
        {
            Put(bag, name, Node(name, inputs.Single(name)));
        }

        if (inputs.Names.Contains(ModelTensors.SamplingParameters))
        {
            foreach (var (name, value) in Parse(inputs.Single(ModelTensors.SamplingParameters).StringParam))
            {
                Put(bag, name, value?.DeepClone());
            }
        }

        var texts = inputs.Texts(ModelTensors.TextInput);
        if (texts.Count != 1)
        {
            RpcErrors.ThrowInvalidArgument(ModelTensors.TextInput, $"must have one element, not {texts.Count}");
        }

        var fields = new JsonFields(JsonSerializer.SerializeToElement(bag));
        // An empty last response is never sent: the last one says that it is the last.
        fields.Ignore("triton_enable_empty_final_response");
        var generate = new GenerateRequest { Model = request.ModelName, Text = texts[0], Stop = { fields.Texts("stop") }, Sampling = SamplingFields.Read(fields) };
        if (fields.Whole("max_tokens") is { } most)
        {
            generate.MaxTokens = most;
        }

        if (ConstraintFields.Read(fields) is { } constraint)
        {
            generate.Constraint = constraint;
        }

        generate.DrySequenceBreakers.AddRange(fields.Texts("dry_sequence_breakers"));
        var read = new GeneratorRequest
        {
            Generate = generate,
            Streams = fields.Flag(ModelTensors.Stream),
            Echo = fields.Flag(ModelTensors.ExcludeInput) is false,
            Outputs = new OutputTensors(request, inputs.IsRaw, ModelTensors.GeneratorOutputs),
        };
        fields.RefuseOthers();
        return read;
    }

    private static void Put(System.Text.Json.Nodes.JsonObject bag, string name, JsonNode? value)
    {
        if (!bag.TryAdd(name, value))
        {
            RpcErrors.ThrowInvalidArgument(name, "is there twice");
        }
    }

    private static JsonNode? Node(string name, InferParameter parameter) => parameter.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.BoolParam => JsonValue.Create(parameter.BoolParam),
        InferParameter.ParameterChoiceOneofCase.Int64Param => JsonValue.Create(parameter.Int64Param),
        InferParameter.ParameterChoiceOneofCase.Uint64Param => JsonValue.Create(parameter.Uint64Param),
        InferParameter.ParameterChoiceOneofCase.StringParam => JsonValue.Create(parameter.StringParam),
        InferParameter.ParameterChoiceOneofCase.DoubleParam when double.IsFinite(parameter.DoubleParam) => JsonValue.Create(parameter.DoubleParam),
        _ => throw RpcErrors.InvalidArgument(name, "has no value that can be used"),
    };

    private static System.Text.Json.Nodes.JsonObject Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
            JsonUnicode.Check(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? System.Text.Json.Nodes.JsonObject.Create(document.RootElement.Clone())!
                : throw RpcErrors.InvalidArgument(ModelTensors.SamplingParameters, "must be a JSON object");
        }
        catch (InvalidOperationException)
        {
            throw RpcErrors.InvalidArgument(ModelTensors.SamplingParameters, "has a string that is not valid Unicode");
        }
        catch (JsonException)
        {
            throw RpcErrors.InvalidArgument(ModelTensors.SamplingParameters, "is no JSON that can be read");
        }
    }
}
