using System.Text;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>Damages files of a model folder, by bytes and by meaning, as a seed says.</summary>
internal sealed class FolderMutation(int seed)
{
    private static readonly long[] Numbers = [0, 1, -1, 2, 3, 7, 48, 96, 1 << 20, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 40];
    private static readonly string[] Operators =
    [
        "MatMul", "Gather", "Reshape", "Concat", "Split", "If", "Loop", "Scan", "Cast", "Shape", "Range", "Expand", "Tile", "Pad", "ConstantOfShape", "Slice", "Transpose",
        "Softmax", "GroupQueryAttention", "MultiHeadAttention", "MatMulNBits", "RotaryEmbedding", "SkipSimplifiedLayerNormalization", "Where", "NoSuchOperator", "Constant",
        "Flatten", "Squeeze", "Unsqueeze", "ScatterND", "GatherND", "Resize", "OneHot", "Identity", "SequenceEmpty", "StringNormalizer", "RandomNormal", "TopK", "Einsum",
    ];

    private static readonly string[] Texts = ["", "logits", "input_ids", "../../etc/passwd", "/etc/passwd", "past_key_values.0.key", "\0", "genailab.rows", "x", new string('a', 5000)];
    private static readonly string[] Json =
    [
        "null", "-1", "0", "1e999", "9999999999999", "\"\"", "\"../x.onnx\"", "\"/etc/passwd\"", "[]", "{}", "true", "[1,2,-3]", "\"%d%d\"", "\"\\ud800\"", "1.5", "[[[[[[]]]]]]", "48", "\"model.onnx\"",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A text of JSON with some of its values, names or characters changed.</summary>
    public string Damage(string json)
    {
        var text = new StringBuilder(json);
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var at = _random.Next(text.Length);
            switch (_random.Next(6))
            {
                case 0:
                    text[at] = (char)_random.Next(32, 127);
                    break;
                case 1:
                    text.Length = Math.Max(1, at);
                    break;
                case 2:
                    text.Insert(at, text.ToString(at, Math.Min(_random.Next(1, 40), text.Length - at)));
                    break;
                default:
                    ReplaceValue(text, at);
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>A graph with some of its bytes changed, or its end missing.</summary>
    public byte[] DamageBytes(byte[] graph)
    {
        var bytes = graph.ToArray();
        for (var count = _random.Next(1, 12); count > 0; count--)
        {
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        }

        return _random.Next(4) == 0 ? bytes[.._random.Next(bytes.Length)] : bytes;
    }

    /// <summary>A graph with some of its nodes, weights, inputs and outputs changed.</summary>
    public byte[] DamageMeaning(ModelProto graph)
    {
        var model = graph.Clone();
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var nodes = model.Graph.Node;
            switch (_random.Next(7))
            {
                case 0 or 1 or 2:
                    Change(nodes, Pick(nodes));
                    break;
                case 3 or 4:
                    Change(Pick(model.Graph.Initializer));
                    break;
                case 5:
                    Change(Pick(_random.Next(2) == 0 ? model.Graph.Input : model.Graph.Output));
                    break;
                default:
                    Change(model);
                    break;
            }
        }

        return model.ToByteArray();
    }

    private void Change(Google.Protobuf.Collections.RepeatedField<NodeProto> nodes, NodeProto node)
    {
        switch (_random.Next(9))
        {
            case 0:
                (node.OpType, node.Domain) = (Pick(Operators), _random.Next(2) == 0 ? "" : "com.microsoft");
                break;
            case 1:
                nodes.Remove(node);
                break;
            case 2:
                nodes.Insert(_random.Next(nodes.Count), node.Clone());
                break;
            case 3 when node.Input.Count > 0:
                node.Input[_random.Next(node.Input.Count)] = _random.Next(2) == 0 ? Pick(Texts) : Pick(Pick(nodes).Output);
                break;
            case 4 when node.Output.Count > 0:
                node.Output[_random.Next(node.Output.Count)] = Pick(Texts);
                break;
            case 5:
                node.Input.Add(Pick(Pick(nodes).Output));
                break;
            case 6 when node.Input.Count > 0:
                node.Input.RemoveAt(_random.Next(node.Input.Count));
                break;
            case 7 or 8 when node.Attribute.Count > 0:
                Change(node, Pick(node.Attribute));
                break;
            default:
                node.Attribute.Add(new AttributeProto { Name = Pick(["axis", "to", "perm", "num_heads", "kv_num_heads", "local_window_size", "do_rotary", "transB", "blocksize"]), I = Pick(Numbers), Type = AttributeProto.Types.AttributeType.Int });
                break;
        }
    }

    private void Change(NodeProto node, AttributeProto attribute)
    {
        switch (_random.Next(5))
        {
            case 0:
                node.Attribute.Remove(attribute);
                break;
            case 1 when attribute.Ints.Count > 0:
                attribute.Ints[_random.Next(attribute.Ints.Count)] = Pick(Numbers);
                break;
            case 2 when attribute.G is { Node.Count: > 0 } inner:
                Change(inner.Node, Pick(inner.Node));
                break;
            case 3:
                attribute.Type = (AttributeProto.Types.AttributeType)_random.Next(16);
                break;
            default:
                (attribute.I, attribute.F) = (Pick(Numbers), _random.Next(2) == 0 ? float.NaN : -1e30f);
                break;
        }
    }

    private void Change(TensorProto tensor)
    {
        switch (_random.Next(7))
        {
            case 0 when tensor.Dims.Count > 0:
                tensor.Dims[_random.Next(tensor.Dims.Count)] = Pick(Numbers);
                break;
            case 1:
                tensor.Dims.Add(Pick(Numbers));
                break;
            case 2:
                tensor.DataType = _random.Next(-1, 30);
                break;
            case 3:
                tensor.RawData = ByteString.CopyFrom(tensor.RawData.Span[..(_random.Next(tensor.RawData.Length + 1))]);
                break;
            case 4 when tensor.RawData.Length is > 0 and <= 64:
                // Shapes, axes, starts and ends.
                tensor.RawData = ByteString.CopyFrom([.. Enumerable.Range(0, tensor.RawData.Length / 8).SelectMany(_ => BitConverter.GetBytes(Pick(Numbers))), .. new byte[tensor.RawData.Length % 8]]);
                break;
            case 5:
                tensor.Name = Pick(Texts);
                break;
            default:
                tensor.DataLocation = 1;
                tensor.ExternalData.Add(new StringStringEntryProto { Key = Pick(["location", "offset", "length", "checksum"]), Value = Pick(["../secret", "/etc/hostname", "link", "inside", "*/_ORT_MEM_ADDR_/*", "folder/secret", "-1", "1e9", "99999999999999999999", "\0", "pipe"]) });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = Pick(["location", "offset", "length"]), Value = Pick(["../secret", "/etc/hostname", "link", "inside", "0", "8", "folder/secret"]) });
                break;
        }
    }

    private void Change(ValueInfoProto value)
    {
        if (value.Type?.TensorType is not { Shape: not null } type)
        {
            return;
        }

        switch (_random.Next(5))
        {
            case 0:
                type.ElemType = _random.Next(-1, 30);
                break;
            case 1 when type.Shape.Dim.Count > 0:
                type.Shape.Dim[_random.Next(type.Shape.Dim.Count)] = new TensorShapeProto.Types.Dimension { DimValue = Pick(Numbers) };
                break;
            case 2 when type.Shape.Dim.Count > 0:
                type.Shape.Dim.RemoveAt(_random.Next(type.Shape.Dim.Count));
                break;
            case 3:
                value.Name = Pick(Texts);
                break;
            default:
                value.Type = _random.Next(2) == 0 ? null : new TypeProto();
                break;
        }
    }

    private void Change(ModelProto model)
    {
        switch (_random.Next(4))
        {
            case 0:
                model.IrVersion = Pick(Numbers);
                break;
            case 1:
                model.OpsetImport[_random.Next(model.OpsetImport.Count)].Version = Pick(Numbers);
                break;
            case 2:
                model.Graph.Input.RemoveAt(_random.Next(model.Graph.Input.Count));
                break;
            default:
                model.Graph.Output.Add(Pick(model.Graph.Input).Clone());
                break;
        }
    }

    private void ReplaceValue(StringBuilder text, int at)
    {
        var whole = text.ToString();
        var colon = whole.IndexOf(':', at);
        if (colon < 0)
        {
            return;
        }

        var end = whole.IndexOfAny([',', '}', '{', '['], colon + 1);
        end = end < 0 ? whole.Length : end;
        text.Remove(colon + 1, end - colon - 1).Insert(colon + 1, Pick(Json));
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private T Pick<T>(Google.Protobuf.Collections.RepeatedField<T> items) => items.Count > 0 ? items[_random.Next(items.Count)] : throw new NothingLeftException();

    /// <summary>There is nothing of the kind to change.</summary>
    public sealed class NothingLeftException : Exception;
}
