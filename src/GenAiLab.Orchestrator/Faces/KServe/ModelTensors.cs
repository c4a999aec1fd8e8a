using GenAiLab.Inference;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>The tensors of the two kinds of model.</summary>
internal static class ModelTensors
{
    /// <summary>Models have one version.</summary>
    public const string Version = "1";

    public const string TextInput = "text_input";
    public const string ImageInput = "image_input";
    public const string Stream = "stream";
    public const string SamplingParameters = "sampling_parameters";
    public const string ExcludeInput = "exclude_input_in_output";

    public const string TextOutput = "text_output";
    public const string FinishReason = "finish_reason";

    public const string Label = "label";
    public const string Probability = "probability";
    public const string Labels = "labels";
    public const string Probabilities = "probabilities";
    public const string Logits = "logits";

    /// <summary>What a generator answers.</summary>
    public static IReadOnlyList<string> GeneratorOutputs { get; } = [TextOutput, FinishReason];

    /// <summary>What a classifier answers: the best label, and all of them, best first.</summary>
    public static IReadOnlyList<string> ClassifierOutputs { get; } = [Label, Probability, Labels, Probabilities, Logits];

    public static ModelMetadataResponse Generator(string name) => new()
    {
        Name = name,
        Versions = { Version },
        Platform = "genailab_generator",
        Inputs = { Tensor(TextInput, "BYTES", 1), Tensor(Stream, "BOOL", 1), Tensor(SamplingParameters, "BYTES", 1), Tensor(ExcludeInput, "BOOL", 1) },
        Outputs = { Tensor(TextOutput, "BYTES", 1), Tensor(FinishReason, "BYTES", 1) },
    };

    public static ModelMetadataResponse Classifier(string name, int labels, bool takesImages) => new()
    {
        Name = name,
        Versions = { Version },
        Platform = "genailab_classifier",
        Inputs = { Tensor(takesImages ? ImageInput : TextInput, "BYTES", -1) },
        Outputs =
        {
            Tensor(Label, "BYTES", -1), Tensor(Probability, "FP32", -1),
            Tensor(Labels, "BYTES", -1, labels), Tensor(Probabilities, "FP32", -1, labels), Tensor(Logits, "FP32", -1, labels),
        },
    };

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(string name, string datatype, params IEnumerable<long> shape) =>
        new() { Name = name, Datatype = datatype, Shape = { shape } };
}
