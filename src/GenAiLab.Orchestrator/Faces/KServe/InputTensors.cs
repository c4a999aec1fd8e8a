using System.Text;
using GenAiLab.Inference;
using GenAiLab.ServiceDefaults;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.KServe;

/// <summary>A request's tensors by name, raw or not, each checked against its own type and shape.</summary>
internal sealed class InputTensors
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, (string Datatype, InferTensorContents Contents)> _tensors = new(StringComparer.Ordinal);

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the tensor.</exception>
    public InputTensors(ModelInferRequest request)
    {
        IsRaw = request.RawInputContents.Count > 0;
        if (IsRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            RpcErrors.ThrowInvalidArgument("raw_input_contents", $"has {request.RawInputContents.Count} entries for {request.Inputs.Count} inputs");
        }

        for (var at = 0; at < request.Inputs.Count; at++)
        {
            var input = request.Inputs[at];
            if (input.Name.Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"inputs[{at}].name", "is missing");
            }

            if (input.Parameters.Count > 0)
            {
                RpcErrors.ThrowInvalidArgument(input.Name, "has parameters, and none is known here");
            }

            if (!_tensors.TryAdd(input.Name, (input.Datatype, Contents(input, IsRaw ? request.RawInputContents[at] : null))))
            {
                RpcErrors.ThrowInvalidArgument(input.Name, "is there twice");
            }
        }
    }

    /// <summary>Whether the elements came as bytes; the answer then does, too.</summary>
    public bool IsRaw { get; }

    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>Elements of BYTES as texts.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: there is no such tensor, or it is something else.</exception>
    public IReadOnlyList<string> Texts(string name) => [.. Bytes(name).Select(element => Text(name, element))];

    /// <summary>Elements of BYTES as they are.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: there is no such tensor, or it is something else.</exception>
    public IReadOnlyList<ByteString> Bytes(string name)
    {
        if (!_tensors.TryGetValue(name, out var tensor))
        {
            RpcErrors.ThrowInvalidArgument(name, "is missing");
        }

        if (tensor.Datatype != "BYTES")
        {
            RpcErrors.ThrowInvalidArgument(name, $"must be BYTES, not {Shorten(tensor.Datatype)}");
        }

        return tensor.Contents.BytesContents;
    }

    /// <summary>The only element of a tensor, as a parameter.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it has several, or none.</exception>
    public InferParameter Single(string name)
    {
        var contents = _tensors[name].Contents;
        if (Count(contents) != 1)
        {
            RpcErrors.ThrowInvalidArgument(name, "must have one element");
        }

        return contents switch
        {
            { BoolContents: [var value] } => new InferParameter { BoolParam = value },
            { IntContents: [var value] } => new InferParameter { Int64Param = value },
            { Int64Contents: [var value] } => new InferParameter { Int64Param = value },
            { UintContents: [var value] } => new InferParameter { Int64Param = value },
            { Uint64Contents: [var value] } => new InferParameter { Uint64Param = value },
            // 0.1 of 32 bits is 0.1, not 0.10000000149.
            { Fp32Contents: [var value] } => new InferParameter { DoubleParam = (double)(decimal)Math.Clamp(value, -1e20f, 1e20f) },
            { Fp64Contents: [var value] } => new InferParameter { DoubleParam = value },
            _ => new InferParameter { StringParam = Text(name, contents.BytesContents[0]) },
        };
    }

    private static InferTensorContents Contents(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        if (raw is not null && input.Contents is not null)
        {
            RpcErrors.ThrowInvalidArgument(input.Name, "has contents beside raw_input_contents");
        }

        var contents = raw is null ? input.Contents ?? new InferTensorContents()
            : RawTensor.Read(input.Datatype, raw.Span) ?? throw RpcErrors.InvalidArgument(input.Name, $"its bytes are no {Shorten(input.Datatype)}");
        var wanted = 1L;
        foreach (var size in input.Shape)
        {
            wanted = size is >= 0 and <= int.MaxValue ? Math.Min(wanted * size, int.MaxValue) : throw RpcErrors.InvalidArgument(input.Name, $"its shape has the size {size}");
        }

        var given = Typed(input.Datatype, contents);
        if (given != wanted || Count(contents) != wanted)
        {
            RpcErrors.ThrowInvalidArgument(input.Name, $"its shape has {wanted} elements of {Shorten(input.Datatype)}, its contents {given}");
        }

        return contents;
    }

    private static int Typed(string datatype, InferTensorContents contents) => datatype switch
    {
        "BYTES" => contents.BytesContents.Count,
        "BOOL" => contents.BoolContents.Count,
        "INT8" or "INT16" or "INT32" => contents.IntContents.Count,
        "INT64" => contents.Int64Contents.Count,
        "UINT8" or "UINT16" or "UINT32" => contents.UintContents.Count,
        "UINT64" => contents.Uint64Contents.Count,
        "FP32" => contents.Fp32Contents.Count,
        "FP64" => contents.Fp64Contents.Count,
        _ => 0,
    };

    private static int Count(InferTensorContents contents) =>
        contents.BytesContents.Count + contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count
        + contents.UintContents.Count + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count;

    private static string Text(string name, ByteString element)
    {
        try
        {
            return Utf8.GetString(element.Span);
        }
        catch (DecoderFallbackException)
        {
            throw RpcErrors.InvalidArgument(name, "is not valid UTF-8");
        }
    }

    private static string Shorten(string datatype) => datatype.Length <= 16 ? datatype : datatype[..16] + "…";
}
