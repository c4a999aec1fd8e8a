using System.Runtime.InteropServices;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>What exporters do to a finished graph.</summary>
internal static class GraphConversion
{
    private const int External = 1;

    /// <summary>All floats in 16 bits.</summary>
    public static ModelProto InHalves(this ModelProto model)
    {
        Halve(model.Graph);
        return model;
    }

    /// <summary>Weights of some size in a file of their own.</summary>
    public static ModelProto WithExternalData(this ModelProto model, string folder, string file)
    {
        using var data = File.Create(Path.Combine(folder, file));
        foreach (var tensor in model.Graph.Initializer.Where(static tensor => tensor.RawData.Length >= 1024))
        {
            data.Position = (data.Position + 4095) / 4096 * 4096;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{data.Position}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
            tensor.RawData.WriteTo(data);
            (tensor.DataLocation, tensor.RawData) = (External, ByteString.Empty);
        }

        return model;
    }

    private static void Halve(GraphProto graph)
    {
        foreach (var tensor in graph.Initializer.Where(static tensor => tensor.DataType == (int)OnnxElementType.Float))
        {
            Half[] values = [.. MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray().Select(static value => (Half)Math.Clamp(value, -65504f, 65504f))];
            (tensor.DataType, tensor.RawData) = ((int)OnnxElementType.Float16, ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())));
        }

        foreach (var value in graph.Input.Concat(graph.Output).Where(static value => value.Type.TensorType.ElemType == (int)OnnxElementType.Float))
        {
            value.Type.TensorType.ElemType = (int)OnnxElementType.Float16;
        }

        foreach (var attribute in graph.Node.SelectMany(static node => node.Attribute))
        {
            if (attribute is { Name: "to", I: (long)OnnxElementType.Float })
            {
                attribute.I = (long)OnnxElementType.Float16;
            }

            if (attribute.G is { } inner)
            {
                Halve(inner);
            }
        }
    }
}
