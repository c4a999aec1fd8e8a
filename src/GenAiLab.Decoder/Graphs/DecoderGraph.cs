using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// A loaded model and its KV cache. One run takes either several new tokens of one slot (prefill,
/// verification, scoring) or one new token of each of neighbouring slots (a decode step). Not thread-safe: one
/// owner.
/// </summary>
internal abstract class DecoderGraph : IDisposable
{
    private const int LeastChunk = 16;
    private const long MaximumLogitsBytes = 64L << 20;

    private readonly InferenceSession? _session;

    /// <param name="session">Null: what runs is no graph; a simulation has such.</param>
    /// <param name="config">What the folder says of the model.</param>
    /// <param name="shape">How the folder's graph is built.</param>
    /// <param name="form">What it was made into.</param>
    /// <param name="options">How it is to be run.</param>
    /// <param name="slots">Number of slots.</param>
    private protected DecoderGraph(InferenceSession? session, DecoderConfig config, GraphShape shape, EngineGraph form, DecoderOptions options, int slots)
    {
        (_session, Config, Shape, Form, Slots, WeightFormat, ExecutionProvider) = (session, config, shape, form, slots, options.WeightFormat, options.ExecutionProvider);
        var rows = Math.Max(1, MaximumLogitsBytes / (sizeof(float) * (long)config.VocabularySize));
        // Prefixes are shared in whole chunks: a short window needs small ones. A head that computes all rows needs room for them.
        MaximumTokens = (int)Math.Min(Math.Min(options.PrefillChunk, Math.Max(LeastChunk, config.ContextLength / 8)), form.SelectsRows ? int.MaxValue : rows);
        MaximumRows = (int)Math.Max(slots, Math.Clamp(rows, 1, MaximumTokens));
        Logits = GC.AllocateArray<float>(checked(MaximumRows * config.VocabularySize), pinned: true);
        HiddenSize = session is not null && session.OutputMetadata.TryGetValue(EngineGraph.HiddenStates, out var states) && states.ElementType == typeof(float) && states.Dimensions is [_, var width]
            ? width > 0 && config.HiddenSize > 0 && width != config.HiddenSize ? 0 : Math.Max(width, config.HiddenSize)
            : 0;
    }

    /// <summary>What the folder says of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>How the folder's graph is built.</summary>
    public GraphShape Shape { get; }

    /// <summary>What it was made into.</summary>
    public EngineGraph Form { get; }

    /// <summary>Number of slots.</summary>
    public int Slots { get; }

    /// <summary>The most tokens that one <see cref="Prefill"/> takes.</summary>
    public int MaximumTokens { get; }

    /// <summary>The most rows of logits that one run gives; at least one for every slot.</summary>
    public int MaximumRows { get; }

    /// <summary>What the session uses and does not own; null: nothing. Disposed after it.</summary>
    public ExternalWeights? Weights { get; init; }

    /// <summary>How the weights are held.</summary>
    public string WeightFormat { get; init; }

    /// <summary>How they are held for prompts.</summary>
    public string PromptFormat { get; init; } = "";

    /// <summary>Of the file that it was read from, in hexadecimal digits.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>How many matrix products of the folder's graph could be held in fewer bits.</summary>
    public int QuantizableProducts { get; init; }

    /// <summary>Where the model runs.</summary>
    public string ExecutionProvider { get; }

    /// <summary>Width of the hidden states; 0: they cannot be read.</summary>
    public int HiddenSize { get; }

    /// <summary>Whether <see cref="Read"/> can be called.</summary>
    public bool HasHiddenStates => HiddenSize > 0;

    /// <summary>How the cache is kept.</summary>
    public abstract CacheForm CacheForm { get; }

    /// <summary>Whether a decode step may run several slots at a time.</summary>
    public abstract bool RunsTogether { get; }

    /// <summary>Bytes of cache per slot.</summary>
    public long SlotBytes => Shape.TokenBytes * Config.ContextLength;

    /// <summary>Bytes of the cache.</summary>
    public abstract long CacheBytes { get; }

    private protected InferenceSession Session => _session ?? throw new InvalidOperationException("no graph is behind this model");

    private protected RunOptions RunOptions { get; } = new();

    // [rows of the last run, vocabulary].
    private protected float[] Logits { get; }

    // The first row of the last run that was asked for.
    private protected int FirstRow { get; set; }

    /// <summary>Runs tokens of one slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="start">Tokens that the slot holds already: the position of the first new one.</param>
    /// <param name="tokens">1 to <see cref="MaximumTokens"/> ids.</param>
    /// <param name="rows">1 to <see cref="MaximumRows"/>: the logits after how many of the last tokens are wanted.</param>
    /// <returns>[rows, vocabulary]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public abstract ReadOnlySpan<float> Prefill(int slot, int start, ReadOnlySpan<int> tokens, int rows);

    /// <summary>Runs further tokens of one slot, as <see cref="Prefill"/> does, with the weights that single tokens are run with.</summary>
    /// <inheritdoc cref="Prefill"/>
    public virtual ReadOnlySpan<float> Append(int slot, int start, ReadOnlySpan<int> tokens, int rows) => Prefill(slot, start, tokens, rows);

    /// <summary>Runs tokens of one slot, as <see cref="Prefill"/> does, for their last hidden states.</summary>
    /// <returns>[tokens, width]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public abstract ReadOnlySpan<float> Read(int slot, int start, ReadOnlySpan<int> tokens);

    /// <summary>Runs one token of each of neighbouring slots, beginning with slot <paramref name="first"/>.</summary>
    /// <param name="first">The first slot.</param>
    /// <param name="tokens">One id per slot. A slot that has none to run takes any: its next run overwrites the trace.</param>
    /// <param name="lengths">Tokens that each slot holds already; less than the context length.</param>
    /// <returns>[slots, vocabulary]. Valid until the next run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public abstract ReadOnlySpan<float> Decode(int first, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths);

    /// <inheritdoc cref="Decode(int, ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths) => Decode(0, tokens, lengths);

    /// <summary>A row of the last run's logits, for those who sample rows side by side.</summary>
    public ReadOnlySpan<float> Row(int row) => Logits.AsSpan((FirstRow + row) * Config.VocabularySize, Config.VocabularySize);

    /// <summary>Copies the first tokens of a slot over those of another.</summary>
    public abstract void Copy(int from, int to, int tokens);

    /// <summary>Exchanges the first tokens of two slots.</summary>
    public abstract void Swap(int left, int right, int tokens);

    /// <summary>
    /// Stops a run that goes on in another thread, as far as ONNX Runtime can: between two operators.
    /// </summary>
    public void Terminate() => RunOptions.Terminate = true;

    public virtual void Dispose()
    {
        RunOptions.Dispose();
        _session?.Dispose();
        Weights?.Dispose();
    }

    /// <summary>
    /// A prompt, and a token at the end of the window: a graph whose position tables are shorter than
    /// its folder promises is found out here and not by the first long text.
    /// </summary>
    /// <exception cref="ModelFolderException">The window is not as long as promised.</exception>
    internal void WarmUp()
    {
        Span<int> tokens = [Config.BosTokenId, Config.BosTokenId];
        Prefill(0, 0, tokens[..Math.Min(2, MaximumTokens)], 1);
        try
        {
            RunAtEnd(tokens[..1]);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFolderException(
                Config.GraphFile, $"it fails at position {Config.ContextLength - 1:N0}, but {Config.ContextField} of {Config.ConfigFile} promises {Config.ContextLength:N0} tokens", error);
        }
    }

    private protected abstract void RunAtEnd(ReadOnlySpan<int> token);

    /// <summary>The rows that were asked for, of a run of so many.</summary>
    private protected ReadOnlySpan<float> Wanted(int rows, int computed)
    {
        FirstRow = computed - rows;
        return Logits.AsSpan(FirstRow * Config.VocabularySize, rows * Config.VocabularySize);
    }
}
