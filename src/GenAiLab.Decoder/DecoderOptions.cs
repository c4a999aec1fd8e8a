namespace GenAiLab.Decoder;

/// <summary>Configuration section <c>Decoder</c>.</summary>
public sealed class DecoderOptions
{
    /// <summary>KV-cache slots per model: streams that are in the model at one time.</summary>
    public int Slots { get; set; } = 8;

    /// <summary>Streams per model that may wait for a slot; further ones get RESOURCE_EXHAUSTED.</summary>
    public int MaximumWaiting { get; set; } = 64;

    /// <summary>Prompt tokens run at a time, so that a long prompt does not stall the other streams.</summary>
    public int PrefillChunk { get; set; } = 128;

    /// <summary>Threads within an operator; 0 leaves it to ONNX Runtime.</summary>
    public int Threads { get; set; }

    /// <summary>
    /// Whether ONNX Runtime's threads spin while they wait. Faster alone; where several processes share
    /// few cores, they take them from each other.
    /// </summary>
    public bool Spinning { get; set; }

    /// <summary>The most bytes of KV cache per model; a folder that would need more is refused.</summary>
    public long MaximumCacheBytes { get; set; } = 4L << 30;

    internal bool IsValid() =>
        Slots is >= 1 and <= 1024 && MaximumWaiting is >= 0 and <= 100_000 && PrefillChunk is >= 1 and <= 8192
        && Threads is >= 0 and <= 1024 && MaximumCacheBytes > 0;
}
