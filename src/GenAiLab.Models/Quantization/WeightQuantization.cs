using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Models.Quantization;

/// <summary>
/// Rewrites a decoder's matrix products for weights of fewer bits. Norms, rotary tables and the embedding's
/// rows stay as they are.
/// </summary>
public static class WeightQuantization
{
    /// <summary>
    /// How MatMulNBits computes: 1 in 32-bit floats, 4 in 8-bit integers. With 1 a prompt runs faster and a
    /// single token slower.
    /// </summary>
    public const int DefaultAccuracyLevel = 4;

    // Below this a product is no matter, and kernels for few bits have sizes that they don't take.
    private const int LeastSize = 16;
    private const int Int8Type = 3;
    private const string Lengths = "genailab.activation_shape";

    /// <summary>Rewrites a graph in place.</summary>
    /// <param name="model">The graph; products are MatMul, or FusedMatMul with the transposed embedding.</param>
    /// <param name="folder">Where external weights lie.</param>
    /// <param name="format">What to hold the weights in.</param>
    /// <param name="accuracyLevel">Of MatMulNBits.</param>
    /// <returns>How many products were rewritten.</returns>
    /// <exception cref="ModelFolderException">There is nothing to rewrite, or a weight is not whole.</exception>
    public static int Apply(ModelProto model, string folder, WeightFormat format, int accuracyLevel = DefaultAccuracyLevel)
    {
        if (format == WeightFormat.Float32)
        {
            return 0;
        }

        if (format == WeightFormat.Int8PerRow && model.OpsetImport.All(static opset => opset.Domain != "" || opset.Version < 18))
        {
            throw new ModelFolderException("the graph", "int8-row needs operator set 18 or later; use int8");
        }

        if (model.OpsetImport.All(static opset => opset.Domain != OnnxGraphBuilder.MicrosoftDomain))
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = OnnxGraphBuilder.MicrosoftDomain, Version = 1 });
        }

        var rewriting = new Rewriting(model.Graph, folder, format, accuracyLevel);
        return rewriting.Run();
    }

    /// <summary>How many products of a graph <see cref="Apply"/> would rewrite.</summary>
    /// <exception cref="ModelFolderException">Two of its weights have the same name.</exception>
    public static int Products(GraphProto graph)
    {
        var initializers = ByName(graph);
        return graph.Node.Count(node => WeightOf(node, initializers) is not null);
    }

    /// <summary>
    /// Gives products with a transposed weight (the tied head) a copy of it that is not transposed: kernels pack such
    /// a one once, and the other anew in every run of several rows.
    /// </summary>
    /// <param name="model">The graph; rewritten in place.</param>
    /// <param name="folder">Where external weights lie.</param>
    public static void Untie(ModelProto model, string folder)
    {
        var initializers = ByName(model.Graph);
        foreach (var node in model.Graph.Node.ToList())
        {
            if (WeightOf(node, initializers) is not (var tensor, true))
            {
                continue;
            }

            var name = $"{tensor.Name}.untied";
            if (!initializers.ContainsKey(name))
            {
                var turned = WeightTensors.Transpose(WeightTensors.Read(tensor, folder), (int)tensor.Dims[0], (int)tensor.Dims[1]);
                initializers[name] = new TensorProto
                {
                    Name = name,
                    DataType = tensor.DataType,
                    Dims = { tensor.Dims[1], tensor.Dims[0] },
                    RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(turned.AsSpan())),
                };
                model.Graph.Initializer.Add(initializers[name]);
            }

            var product = new NodeProto { OpType = "MatMul", Name = node.Name, Input = { node.Input[0], name }, Output = { node.Output } };
            model.Graph.Node[model.Graph.Node.IndexOf(node)] = product;
        }
    }

    // A product with a weight that can be rewritten, and whether it is transposed.
    private static (TensorProto Tensor, bool Transposed)? WeightOf(NodeProto node, Dictionary<string, TensorProto> initializers)
    {
        var transposed = node.OpType == "FusedMatMul" && node.Attribute.Any(static attribute => attribute.Name == "transB" && attribute.I == 1)
            && !node.Attribute.Any(static attribute => attribute is { Name: "transA", I: 1 } or { Name: "alpha", F: not 1f });
        return (transposed || (node.OpType == "MatMul" && node.Domain == ""))
            && node.Input.Count == 2 && initializers.TryGetValue(node.Input[1], out var tensor)
            && tensor.DataType == (int)OnnxElementType.Float && tensor.Dims.Count == 2 && tensor.Dims.All(static size => size >= LeastSize)
                ? (tensor, transposed)
                : null;
    }

    private static Dictionary<string, TensorProto> ByName(GraphProto graph)
    {
        Dictionary<string, TensorProto> tensors = new(StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
        {
            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw new ModelFolderException("the graph", "two of its weights have the same name");
            }
        }

        return tensors;
    }

    private sealed class Rewriting(GraphProto graph, string folder, WeightFormat format, int accuracyLevel)
    {
        private readonly Dictionary<string, TensorProto> _initializers = ByName(graph);
        private readonly Dictionary<string, (string Values, string Scale)> _rows = new(StringComparer.Ordinal);
        private readonly HashSet<string> _narrowed = new(StringComparer.Ordinal);
        private readonly List<NodeProto> _nodes = [];
        private readonly bool _flatLogits = graph.Output.Any(static output => output.Name == "logits" && output.Type.TensorType.Shape.Dim.Count == 2);
        private bool _shapeEmitted;

        public int Run()
        {
            var count = 0;
            foreach (var node in graph.Node.ToList())
            {
                if (WeightOf(node, _initializers) is { } weight)
                {
                    Replace(node, weight.Tensor, weight.Transposed);
                    count++;
                }
                else
                {
                    _nodes.Add(node);
                }
            }

            if (count == 0)
            {
                throw new ModelFolderException("the graph", "it has no matrix product with 32-bit float weights; is it quantised already?");
            }

            graph.Node.Clear();
            graph.Node.AddRange(_nodes);
            var used = graph.Node.SelectMany(static node => node.Input).ToHashSet(StringComparer.Ordinal);
            TensorProto[] kept = [.. graph.Initializer.Where(tensor => used.Contains(tensor.Name))];
            graph.Initializer.Clear();
            graph.Initializer.AddRange(kept);
            return count;
        }

        private void Replace(NodeProto node, TensorProto tensor, bool transposed)
        {
            var (inputs, outputs) = transposed ? ((int)tensor.Dims[1], (int)tensor.Dims[0]) : ((int)tensor.Dims[0], (int)tensor.Dims[1]);
            var weights = WeightTensors.Read(tensor, folder);
            if (format == WeightFormat.Float16)
            {
                HalfPrecision(node, $"{tensor.Name}.{format.Name()}", transposed ? WeightTensors.Transpose(weights, outputs, inputs) : weights, inputs, outputs);
                return;
            }

            weights = transposed ? weights : WeightTensors.Transpose(weights, inputs, outputs);
            var stem = $"{tensor.Name}.{format.Name()}";
            if (format.Blocks() is { } blocks)
            {
                Blockwise(node, stem, QuantizedMatrix.Blockwise(weights, outputs, inputs, blocks.Bits, blocks.Block), inputs, outputs, blocks);
                return;
            }

            var matrix = QuantizedMatrix.Columnwise(weights, outputs, inputs, IntegerKernels.LargestWeight);
            // These kernels want [inputs, outputs].
            var turned = new byte[matrix.Values.Length];
            Parallel.For(0, inputs, input =>
            {
                for (var output = 0; output < outputs; output++)
                {
                    turned[(input * outputs) + output] = matrix.Values[(output * inputs) + input];
                }
            });
            Add($"{stem}.values", Int8Type, turned, inputs, outputs);
            AddFloats($"{stem}.scales", matrix.Scales, outputs);
            if (format == WeightFormat.Int8Dynamic)
            {
                Emit("DynamicQuantizeMatMul", OnnxGraphBuilder.MicrosoftDomain, [node.Input[0], $"{stem}.values", $"{stem}.scales"], node.Output[0]);
            }
            else
            {
                PerRow(node, stem, inputs, outputs);
            }
        }

        private void HalfPrecision(NodeProto node, string name, float[] weights, int inputs, int outputs)
        {
            var (activations, product) = ($"{node.Input[0]}.half", $"{node.Output[0]}.half");
            if (!_initializers.ContainsKey(name))
            {
                Add(name, (int)OnnxElementType.Float16, MemoryMarshal.AsBytes(Array.ConvertAll(weights, static weight => (Half)weight).AsSpan()), inputs, outputs);
            }

            if (_narrowed.Add(activations))
            {
                Emit("Cast", "", [node.Input[0]], activations, ("to", (int)OnnxElementType.Float16));
            }

            Emit("MatMul", "", [activations, name], product);
            Emit("Cast", "", [product], node.Output[0], ("to", (int)OnnxElementType.Float));
        }

        private void Blockwise(NodeProto node, string stem, QuantizedMatrix matrix, int inputs, int outputs, (int Bits, int Block) blocks)
        {
            var count = (inputs + blocks.Block - 1) / blocks.Block;
            Add($"{stem}.values", (int)OnnxElementType.UInt8, matrix.Values, outputs, count, blocks.Block * blocks.Bits / 8);
            AddFloats($"{stem}.scales", matrix.Scales, outputs * count);
            Emit(
                "MatMulNBits", OnnxGraphBuilder.MicrosoftDomain, [node.Input[0], $"{stem}.values", $"{stem}.scales"], node.Output[0],
                ("K", inputs), ("N", outputs), ("bits", blocks.Bits), ("block_size", blocks.Block), ("accuracy_level", accuracyLevel));
        }

        // y = (x / s) · W · s with a scale s per row: the integer sums of a row do not depend on its neighbours.
        private void PerRow(NodeProto node, string stem, int inputs, int outputs)
        {
            var (values, scale) = QuantizedRows(node.Input[0], inputs);
            var product = $"{node.Output[0]}.product";
            if (!_initializers.ContainsKey("genailab.one"))
            {
                AddFloats("genailab.one", [1]);
            }

            Emit("MatMulIntegerToFloat", OnnxGraphBuilder.MicrosoftDomain, [values, $"{stem}.values", "genailab.one", $"{stem}.scales", "genailab.zero"], product);
            var flat = _flatLogits && IsHead(node.Output[0]);
            var rescaled = flat ? node.Output[0] : $"{node.Output[0]}.rescaled";
            Emit("Mul", "", [product, scale], rescaled);
            if (!flat)
            {
                EmitShape(node.Input[0]);
                Emit("Reshape", "", [rescaled, Lengths], node.Output[0]);
            }
        }

        private (string Values, string Scale) QuantizedRows(string value, int inputs)
        {
            if (_rows.TryGetValue(value, out var known))
            {
                return known;
            }

            if (!_initializers.ContainsKey("genailab.row_axis"))
            {
                AddIntegers("genailab.row_axis", [1]);
                AddIntegers("genailab.vector", [-1]);
                Add("genailab.middle", (int)OnnxElementType.UInt8, [128], 1);
                Add("genailab.zero", (int)OnnxElementType.UInt8, [128]);
                AddFloats("genailab.step", [1f / 127]);
                AddFloats("genailab.least", [1e-30f]);
            }

            AddIntegers($"{value}.flat_shape", [-1, inputs]);
            Emit("Reshape", "", [value, $"{value}.flat_shape"], $"{value}.flat");
            Emit("Abs", "", [$"{value}.flat"], $"{value}.magnitude");
            Emit("ReduceMax", "", [$"{value}.magnitude", "genailab.row_axis"], $"{value}.largest", ("keepdims", 1));
            Emit("Mul", "", [$"{value}.largest", "genailab.step"], $"{value}.step");
            Emit("Max", "", [$"{value}.step", "genailab.least"], $"{value}.scale");
            Emit("Reshape", "", [$"{value}.scale", "genailab.vector"], $"{value}.scales");
            // Unsigned around 128: the kernels for signed activations are many times slower.
            Emit("Shape", "", [$"{value}.scales"], $"{value}.count");
            Emit("Expand", "", ["genailab.middle", $"{value}.count"], $"{value}.zeros");
            Emit("QuantizeLinear", "", [$"{value}.flat", $"{value}.scales", $"{value}.zeros"], $"{value}.quantised", ("axis", 0));
            return _rows[value] = ($"{value}.quantised", $"{value}.scale");
        }

        private bool IsHead(string value) =>
            value == "logits" || graph.Node.Any(node => node.OpType is "Identity" or "Cast" && node.Input.Contains(value) && node.Output.Contains("logits"));

        // Batch and sequence are those of the first activation; every other one has the same.
        private void EmitShape(string activation)
        {
            if (_shapeEmitted)
            {
                return;
            }

            _shapeEmitted = true;
            AddIntegers("genailab.from", [0]);
            AddIntegers("genailab.to", [2]);
            AddIntegers("genailab.rest", [-1]);
            Emit("Shape", "", [activation], "genailab.shape");
            Emit("Slice", "", ["genailab.shape", "genailab.from", "genailab.to"], "genailab.leading");
            Emit("Concat", "", ["genailab.leading", "genailab.rest"], Lengths, ("axis", 0));
        }

        private void Emit(string operation, string domain, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<(string Name, int Value)> attributes)
        {
            var node = new NodeProto { OpType = operation, Domain = domain, Name = $"{operation}:{output}", Input = { inputs.ToArray() }, Output = { output } };
            foreach (var (name, value) in attributes)
            {
                node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int });
            }

            _nodes.Add(node);
        }

        private void AddFloats(string name, float[] values, params ReadOnlySpan<long> shape) =>
            Add(name, (int)OnnxElementType.Float, MemoryMarshal.AsBytes(values.AsSpan()), shape);

        private void AddIntegers(string name, long[] values) =>
            Add(name, (int)OnnxElementType.Int64, MemoryMarshal.AsBytes(values.AsSpan()), values.Length);

        // Tied weights come more than once.
        private void Add(string name, int type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
        {
            if (_initializers.ContainsKey(name))
            {
                return;
            }

            var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes), Dims = { shape.ToArray() } };
            _initializers[name] = tensor;
            graph.Initializer.Add(tensor);
        }
    }
}
