using GenAiLab.Inference;
using GenAiLab.Orchestrator.Faces.KServe;
using GenAiLab.Orchestrator.Tests.Fakes;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Faces;

public sealed class GeneratorRequestTests
{
    [Fact]
    public void Sampling_parameters_come_as_json() =>
        Assert.Equal(0.5f, Read("""{"temperature": 0.5}""").Generate.Sampling.Temperature);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"temperature": 1, "temperature": 2}""")]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"stop": ["\ud800"]}""")]
    public void What_is_no_json_object_is_named(string json) =>
        Assert.Equal("sampling_parameters", Assert.Throws<RpcException>(() => Read(json)).Field());

    private static GeneratorRequest Read(string samplingParameters) => GeneratorRequest.Read(new ModelInferRequest
    {
        ModelName = "m",
        Inputs = { Text("text_input", "a"), Text("sampling_parameters", samplingParameters) },
    });

    private static ModelInferRequest.Types.InferInputTensor Text(string name, string text) => new()
    {
        Name = name,
        Datatype = "BYTES",
        Shape = { 1 },
        Contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8(text) } },
    };
}
