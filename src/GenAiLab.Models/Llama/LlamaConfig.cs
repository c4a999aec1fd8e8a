namespace GenAiLab.Models.Llama;

/// <summary>
/// The shape of a Llama-style decoder: RMSNorm, rotary position embedding, SwiGLU, grouped-query
/// attention, tied embeddings (Touvron et al. 2023, arXiv:2302.13971; Ainslie et al. 2023, arXiv:2305.13245).
/// </summary>
/// <param name="VocabularySize">Token ids, special tokens included.</param>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadSize">Width of a head; a multiple of 16, as ONNX Runtime's kernel wants it.</param>
/// <param name="IntermediateSize">Width of the feed-forward layer.</param>
/// <param name="ContextLength">Tokens of the context window.</param>
public sealed record LlamaConfig(
    int VocabularySize, int HiddenSize, int Layers, int Heads, int KeyValueHeads, int HeadSize, int IntermediateSize, int ContextLength)
{
    /// <summary>Base of the rotary frequencies.</summary>
    public const double RopeTheta = 10_000;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public const float NormEpsilon = 1e-5f;

    /// <summary>Every weight with its shape, in the order in which a checkpoint holds them. Linear layers are [in, out].</summary>
    public IEnumerable<LlamaParameter> Parameters()
    {
        yield return new("embedding", [VocabularySize, HiddenSize]);
        for (var layer = 0; layer < Layers; layer++)
        {
            yield return new($"layers.{layer}.attention_norm", [HiddenSize]);
            yield return new($"layers.{layer}.query", [HiddenSize, Heads * HeadSize]);
            yield return new($"layers.{layer}.key", [HiddenSize, KeyValueHeads * HeadSize]);
            yield return new($"layers.{layer}.value", [HiddenSize, KeyValueHeads * HeadSize]);
            yield return new($"layers.{layer}.output", [Heads * HeadSize, HiddenSize]);
            yield return new($"layers.{layer}.feed_forward_norm", [HiddenSize]);
            yield return new($"layers.{layer}.gate", [HiddenSize, IntermediateSize]);
            yield return new($"layers.{layer}.up", [HiddenSize, IntermediateSize]);
            yield return new($"layers.{layer}.down", [IntermediateSize, HiddenSize]);
        }

        yield return new("norm", [HiddenSize]);
    }

    /// <summary>Number of weights.</summary>
    public long ParameterCount => Parameters().Sum(static parameter => (long)parameter.Length);

    /// <summary>
    /// cos and sin of position × frequency, each [<paramref name="positions"/>, HeadSize / 2]
    /// (Su et al. 2021, arXiv:2104.09864, §3.2.2).
    /// </summary>
    public (float[] Cosine, float[] Sine) RotaryTables(int positions)
    {
        var half = HeadSize / 2;
        var cosine = new float[positions * half];
        var sine = new float[positions * half];
        for (var position = 0; position < positions; position++)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var angle = position * Math.Pow(RopeTheta, -2.0 * pair / HeadSize);
                cosine[(position * half) + pair] = (float)Math.Cos(angle);
                sine[(position * half) + pair] = (float)Math.Sin(angle);
            }
        }

        return (cosine, sine);
    }
}

/// <summary>A weight's name and shape.</summary>
public sealed record LlamaParameter(string Name, int[] Shape)
{
    /// <summary>Number of elements.</summary>
    public int Length => Shape.Aggregate(1, static (product, dimension) => product * dimension);

    /// <summary>Matrices are decayed and drawn at random; vectors (norm gains) start at 1.</summary>
    public bool IsMatrix => Shape.Length == 2;
}
