namespace GenAiLab.Models.Llama;

/// <summary>
/// Emits the operations of a Llama decoder into some graph. Two exist: one for training, with gradients,
/// and one for serving, with a KV cache.
/// </summary>
/// <typeparam name="T">A value of that graph.</typeparam>
public interface ILlamaEmitter<T>
{
    /// <summary>Rows of the embedding for the input ids.</summary>
    T Embed();

    /// <summary>RMSNorm (Zhang &amp; Sennrich 2019, arXiv:1910.07467) with the named gain.</summary>
    T Norm(T value, string gain);

    /// <summary>Causal grouped-query attention with rotary positions, from the query, key and value projections to the sum over heads.</summary>
    T Attention(T value, int layer);

    /// <summary>A linear layer without bias.</summary>
    T Linear(T value, string weight);

    /// <summary>SiLU(gate) × up (Shazeer 2020, arXiv:2002.05202).</summary>
    T SwiGlu(T gate, T up);

    /// <summary>Sum of two values of one shape.</summary>
    T Add(T left, T right);

    /// <summary>Logits: the product with the transposed embedding.</summary>
    T Head(T value);
}

/// <summary>The one definition of the model, from which the training graph and the serving graph both come.</summary>
public static class LlamaModel
{
    /// <summary>Emits the whole forward pass.</summary>
    /// <returns>The logits.</returns>
    public static T Emit<T>(LlamaConfig config, ILlamaEmitter<T> emitter) => emitter.Head(EmitBody(config, emitter));

    /// <summary>Emits the forward pass up to the head.</summary>
    /// <returns>The hidden state of every token after the last norm, of width <see cref="LlamaConfig.HiddenSize"/>.</returns>
    public static T EmitBody<T>(LlamaConfig config, ILlamaEmitter<T> emitter)
    {
        var residual = emitter.Embed();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"layers.{layer}.";
            var attended = emitter.Attention(emitter.Norm(residual, prefix + "attention_norm"), layer);
            residual = emitter.Add(residual, emitter.Linear(attended, prefix + "output"));
            var normed = emitter.Norm(residual, prefix + "feed_forward_norm");
            var gated = emitter.SwiGlu(emitter.Linear(normed, prefix + "gate"), emitter.Linear(normed, prefix + "up"));
            residual = emitter.Add(residual, emitter.Linear(gated, prefix + "down"));
        }

        return emitter.Norm(residual, "norm");
    }
}
