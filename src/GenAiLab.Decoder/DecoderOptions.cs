namespace GenAiLab.Decoder;

/// <summary>Configuration section <c>Decoder</c>.</summary>
public sealed class DecoderOptions
{
    /// <summary>ONNX Runtime on the processor.</summary>
    public const string Cpu = "CPU";

    /// <summary>ONNX Runtime on an NVIDIA GPU; needs a build with <c>-p:OnnxRuntime=Gpu</c>.</summary>
    public const string Cuda = "CUDA";

    /// <summary>16-bit floats.</summary>
    public const string Half = "fp16";

    /// <summary>Bytes, scaled.</summary>
    public const string Byte = "int8";

    /// <summary>KV-cache slots per model, as far as the memory goes: streams that are in the model at one time.</summary>
    public int Slots { get; set; } = 16;

    /// <summary>Streams per model that may wait for a slot; further ones get RESOURCE_EXHAUSTED.</summary>
    public int MaximumWaiting { get; set; } = 64;

    /// <summary>Prompt tokens per model that may wait for a slot; further streams get RESOURCE_EXHAUSTED.</summary>
    public long MaximumWaitingTokens { get; set; } = 262_144;

    /// <summary>Prompt tokens run at a time, so that a long prompt does not stall the other streams.</summary>
    public int PrefillChunk { get; set; } = 128;

    /// <summary>The longest context window served, in tokens; 0: the model's own.</summary>
    public int MaximumContext { get; set; }

    /// <summary>Threads within an operator; 0 leaves it to ONNX Runtime.</summary>
    public int Threads { get; set; }

    /// <summary>
    /// Whether ONNX Runtime's threads spin while they wait. Faster alone; where several processes share
    /// few cores, they take them from each other.
    /// </summary>
    public bool Spinning { get; set; }

    /// <summary>The most bytes of KV cache per model; the number of slots follows from it.</summary>
    public long MaximumCacheBytes { get; set; } = 4L << 30;

    /// <summary>Bytes for the weights and caches of all models together; 0: four fifths of the memory there is.</summary>
    public long MemoryBudgetBytes { get; set; }

    /// <summary>
    /// The most bytes of weights of a model that is opened a second time, to read its attention: beside
    /// <see cref="MemoryBudgetBytes"/>, and of one model at a time. 0: none is.
    /// </summary>
    public long MaximumInspectedBytes { get; set; } = 1L << 30;

    /// <summary>
    /// The same request gives the same bits alone and in any batch, on any slot, with and without a prefix
    /// from the cache. Proven at load; where it does not hold, decode steps run one stream at a time.
    /// </summary>
    public bool Deterministic { get; set; } = true;

    /// <summary>How to hold the weights: fp32 leaves them as they are in the folder; fp16 is for GPUs; int8, int8-row, int8-dynamic, int4, int4-128 quantise them at load.</summary>
    public string WeightFormat { get; set; } = "fp32";

    /// <summary>
    /// How to hold the weights for prompts, where that is quicker than the form that suits single tokens: a format as in <see cref="WeightFormat"/>, or
    /// nothing for the same. The model is then held twice. On the processor alone, and where the graph attends with GroupQueryAttention.
    /// </summary>
    public string PromptFormat { get; set; } = "";

    /// <summary>
    /// How to hold keys and values: fp32 leaves them as they are in the folder; fp16 takes half the memory and int8 a quarter,
    /// where the graph attends with GroupQueryAttention. On a GPU they are fp16 always.
    /// </summary>
    public string CacheFormat { get; set; } = "fp32";

    /// <summary><see cref="Cpu"/> or <see cref="Cuda"/>.</summary>
    public string ExecutionProvider { get; set; } = Cpu;

    /// <summary>Number of the device, for <see cref="Cuda"/>.</summary>
    public int Device { get; set; }

    /// <summary>Whether decode steps on a GPU are captured and launched as CUDA graphs, where all of the model runs there.</summary>
    public bool CapturesSteps { get; set; } = true;

    /// <summary>The longest wait, after a decode step, for the clients of step mode that were in it.</summary>
    public TimeSpan StepLinger { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>A stream of step mode whose client is silent for so long ends with DEADLINE_EXCEEDED.</summary>
    public TimeSpan StepIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A run of the model that takes longer makes the service unhealthy until it ends.</summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long streams may go on when the service is told to end, by SIGTERM or <c>DecoderControl.Drain</c>;
    /// those that are left then end with UNAVAILABLE, to be resumed at another replica. Must be less than what
    /// ends the process by force: Kubernetes gives 30 seconds unless told otherwise.
    /// </summary>
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether <c>DecoderControl.Kill</c> may end the process: for a lab where others go on with the streams.</summary>
    public bool AllowsKill { get; set; }

    internal DecoderOptions Copy() => (DecoderOptions)MemberwiseClone();

    internal bool IsValid() =>
        Slots is >= 1 and <= 1024 && MaximumWaiting is >= 0 and <= 100_000 && MaximumWaitingTokens > 0 && PrefillChunk is >= 1 and <= 8192
        && MaximumContext >= 0 && Threads is >= 0 and <= 1024 && MaximumCacheBytes > 0 && MemoryBudgetBytes >= 0 && MaximumInspectedBytes >= 0
        && GenAiLab.Models.Quantization.WeightFormats.Parse(WeightFormat) is not null
        && (PromptFormat.Length == 0 || GenAiLab.Models.Quantization.WeightFormats.Parse(PromptFormat) is not null) && CacheFormat is "fp32" or Half or Byte
        && ExecutionProvider is Cpu or Cuda && Device >= 0
        && StepLinger >= TimeSpan.Zero && StepLinger <= TimeSpan.FromSeconds(1)
        && StepIdleTimeout > TimeSpan.Zero && RunTimeout > TimeSpan.Zero
        && DrainGrace >= TimeSpan.Zero && DrainGrace <= TimeSpan.FromHours(1);
}
