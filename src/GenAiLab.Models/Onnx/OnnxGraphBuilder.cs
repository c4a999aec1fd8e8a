using System.Runtime.InteropServices;
using Google.Protobuf;

namespace GenAiLab.Models.Onnx;

/// <summary>
/// Writes an ONNX graph node by node: IR version 10, opset 21 and com.microsoft 1. Names are unique by
/// construction; whether shapes fit is for ONNX Runtime to check at load.
/// </summary>
public sealed class OnnxGraphBuilder(string graphName)
{
    /// <summary>The operators of ONNX Runtime that the standard lacks, such as GroupQueryAttention.</summary>
    public const string MicrosoftDomain = "com.microsoft";

    private readonly GraphProto _graph = new() { Name = graphName };
    private int _values;

    /// <summary>Declares a graph input. A dimension is a number or, for a symbolic one, a name.</summary>
    public string Input(string name, OnnxElementType type, params ReadOnlySpan<object> dimensions)
    {
        _graph.Input.Add(Describe(name, type, dimensions));
        return name;
    }

    /// <summary>Declares a value as graph output.</summary>
    public void Output(string name, OnnxElementType type, params ReadOnlySpan<object> dimensions) =>
        _graph.Output.Add(Describe(name, type, dimensions));

    /// <summary>Adds an initializer of floats in row-major order.</summary>
    public string Floats(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, OnnxElementType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds an initializer of 64-bit integers in row-major order.</summary>
    public string Integers(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, OnnxElementType.Int64, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds a vector of 64-bit integers under a fresh name: shapes, axes, indices.</summary>
    public string Integers(params ReadOnlySpan<long> values) => Integers(Fresh("integers"), values, values.Length);

    /// <summary>Adds a scalar under a fresh name.</summary>
    public string Scalar(float value) => Floats(Fresh("scalar"), [value]);

    /// <summary>Adds a node with one output under a fresh name.</summary>
    public string Node(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Node(operation, "", inputs, 1, attributes)[0];

    /// <summary>Adds a node of com.microsoft with one output under a fresh name.</summary>
    public string MicrosoftNode(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Node(operation, MicrosoftDomain, inputs, 1, attributes)[0];

    /// <summary>Adds a node with several outputs under fresh names.</summary>
    public string[] Node(
        string operation, string domain, ReadOnlySpan<string> inputs, int outputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var names = new string[outputs];
        for (var at = 0; at < outputs; at++)
        {
            names[at] = Fresh(operation);
        }

        Add(operation, domain, inputs, names, attributes);
        return names;
    }

    /// <summary>Adds a node whose outputs have the names given.</summary>
    public void Add(
        string operation, string domain, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs,
        params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new NodeProto { OpType = operation, Domain = domain, Name = outputs[0] };
        foreach (var input in inputs)
        {
            node.Input.Add(input);
        }

        foreach (var output in outputs)
        {
            node.Output.Add(output);
        }

        foreach (var (name, value) in attributes)
        {
            node.Attribute.Add(Attribute(name, value));
        }

        _graph.Node.Add(node);
    }

    /// <summary>The finished model.</summary>
    public ModelProto Build() => new()
    {
        IrVersion = 10,
        ProducerName = "GenAiLab",
        Graph = _graph,
        OpsetImport =
        {
            new OperatorSetIdProto { Domain = "", Version = 21 },
            new OperatorSetIdProto { Domain = MicrosoftDomain, Version = 1 },
        },
    };

    /// <summary>64-bit integers as a tensor's raw data.</summary>
    public static ByteString RawIntegers(params ReadOnlySpan<long> values) => ByteString.CopyFrom(MemoryMarshal.AsBytes(values));

    private string Fresh(string stem) => $"{stem}_{_values++}";

    private string Initializer(string name, OnnxElementType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var dimension in shape)
        {
            tensor.Dims.Add(dimension);
        }

        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <summary>The declaration of a graph's input or output; a dimension is a number or a name.</summary>
    public static ValueInfoProto Describe(string name, OnnxElementType type, params ReadOnlySpan<object> dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var dimension in dimensions)
        {
            shape.Dim.Add(dimension is string symbol
                ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, System.Globalization.CultureInfo.InvariantCulture) });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    private static AttributeProto Attribute(string name, object value) => value switch
    {
        int number => new AttributeProto { Name = name, I = number, Type = AttributeProto.Types.AttributeType.Int },
        long number => new AttributeProto { Name = name, I = number, Type = AttributeProto.Types.AttributeType.Int },
        float number => new AttributeProto { Name = name, F = number, Type = AttributeProto.Types.AttributeType.Float },
        string text => new AttributeProto { Name = name, S = ByteString.CopyFromUtf8(text), Type = AttributeProto.Types.AttributeType.String },
        long[] numbers => new AttributeProto { Name = name, Ints = { numbers }, Type = AttributeProto.Types.AttributeType.Ints },
        _ => throw new ArgumentException($"no ONNX attribute is made of a {value.GetType().Name}", nameof(value)),
    };
}
