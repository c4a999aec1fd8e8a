using System.Text;
using GenAiLab.Inference;
using GenAiLab.ServiceDefaults;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>Builds responses: the tensors that were asked for, raw where the request was.</summary>
internal sealed class OutputTensors
{
    private readonly ModelInferRequest _request;
    private readonly bool _isRaw;
    private readonly HashSet<string> _wanted;

    /// <param name="request">The request.</param>
    /// <param name="isRaw">Whether elements are bytes.</param>
    /// <param name="known">The model's outputs.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: an output that is not one of these is asked for.</exception>
    public OutputTensors(ModelInferRequest request, bool isRaw, IReadOnlyList<string> known)
    {
        (_request, _isRaw) = (request, isRaw);
        for (var at = 0; at < request.Outputs.Count; at++)
        {
            var output = request.Outputs[at];
            if (!known.Contains(output.Name))
            {
                RpcErrors.ThrowInvalidArgument($"outputs[{at}].name", $"must be one of {string.Join(", ", known)}");
            }

            if (output.Parameters.Count > 0)
            {
                RpcErrors.ThrowInvalidArgument($"outputs[{at}].parameters", "none is known here");
            }
        }

        _wanted = request.Outputs.Count == 0 ? [.. known] : [.. request.Outputs.Select(static output => output.Name)];
    }

    public ModelInferResponse Response(params IEnumerable<(string Name, long[] Shape, InferTensorContents Contents)> tensors)
    {
        var response = new ModelInferResponse { ModelName = _request.ModelName, ModelVersion = ModelTensors.Version, Id = _request.Id };
        foreach (var (name, shape, contents) in tensors.Where(tensor => _wanted.Contains(tensor.Name)))
        {
            var output = new ModelInferResponse.Types.InferOutputTensor
            {
                Name = name,
                Datatype = contents.Fp32Contents.Count > 0 ? "FP32" : "BYTES",
                Shape = { shape },
            };
            if (_isRaw)
            {
                response.RawOutputContents.Add(RawTensor.Write(contents));
            }
            else
            {
                output.Contents = contents;
            }

            response.Outputs.Add(output);
        }

        return response;
    }

    public static InferTensorContents Texts(params IEnumerable<string> texts) =>
        new() { BytesContents = { texts.Select(static text => ByteString.CopyFrom(text, Encoding.UTF8)) } };

    public static InferTensorContents Numbers(IEnumerable<float> numbers) => new() { Fp32Contents = { numbers } };
}
