using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Decode steps as CUDA graphs (CUDA C++ Programming Guide, "CUDA Graphs"): a step of a small model is hundreds of kernels
/// that take less long than launching them, and a graph launches them as one. All that a graph reads and writes lies at the same
/// place of the device in each run, so the step's numbers are copied there and the logits back. Not thread-safe: one owner.
/// </summary>
internal sealed class CapturedSteps : IDisposable
{
    /// <summary>The run's entry that names a captured graph.</summary>
    public const string GraphName = "gpu_graph_id";

    /// <summary>The name for a run that is not to be captured.</summary>
    public const string NoGraph = "-1";

    // A graph is kept until its session ends, with some megabytes of its kernels' arguments.
    private const int MaximumGraphs = 64;

    private readonly InferenceSession _session;
    private readonly DecoderConfig _config;
    private readonly EngineGraph _form;
    private readonly KeyValueCache _cache;
    private readonly CudaCacheMemory _memory;
    private readonly RunBuffers _host;
    private readonly nint _ids;
    private readonly nint _positions;
    private readonly nint _lengths;
    private readonly nint _rows;
    private readonly nint _logits;
    private readonly OrtValue _total;
    private readonly Dictionary<(int First, int Width), Step> _steps = [];

    /// <param name="session">Made to capture graphs.</param>
    /// <param name="config">What the folder says.</param>
    /// <param name="form">What the graph was made into.</param>
    /// <param name="cache">In <paramref name="memory"/>.</param>
    /// <param name="memory">The device's.</param>
    /// <param name="host">Where a step's numbers are set, and where its logits are wanted.</param>
    /// <param name="slots">The widest step.</param>
    public CapturedSteps(
        InferenceSession session, DecoderConfig config, EngineGraph form, KeyValueCache cache, CudaCacheMemory memory, RunBuffers host, int slots)
    {
        (_session, _config, _form, _cache, _memory, _host) = (session, config, form, cache, memory, host);
        // The kernels are told each row's length on the device; this one, on the host, is baked into the graph and bounds all.
        _total = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, new[] { config.ContextLength }.AsMemory(), []);
        _ids = memory.Allocate(slots * sizeof(long));
        _positions = memory.Allocate(slots * sizeof(long));
        _lengths = memory.Allocate(slots * sizeof(int));
        _rows = memory.Allocate(slots * sizeof(long));
        _logits = memory.Allocate((long)slots * config.VocabularySize * sizeof(float));
    }

    /// <summary>Runs a step whose numbers are set.</summary>
    /// <returns>False: there are as many graphs as there may be, and none is this step's; nothing was run.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public bool TryRun(int first, int width)
    {
        if (!_steps.TryGetValue((first, width), out var step))
        {
            if (_steps.Count >= MaximumGraphs)
            {
                return false;
            }

            _steps[(first, width)] = step = Bind(first, width);
        }

        _memory.Write<long>(_host.Ids.AsSpan(0, width), _ids);
        _memory.Write<int>(_host.Lengths.AsSpan(0, width), _lengths);
        _memory.Write<long>(_host.Rows.AsSpan(0, width), _rows);
        if (_host.Positions is { } positions)
        {
            _memory.Write<long>(positions.AsSpan(0, width), _positions);
        }

        _session.RunWithBinding(step.Options, step.Binding);
        _memory.Read(_logits, _host.Logits.AsSpan(0, width * _config.VocabularySize));
        return true;
    }

    public void Dispose()
    {
        foreach (var step in _steps.Values)
        {
            step.Binding.Dispose();
            step.Options.Dispose();
            step.Views.ForEach(static view => view.Dispose());
        }

        _total.Dispose();
        foreach (var buffer in (nint[])[_ids, _positions, _lengths, _rows, _logits])
        {
            _memory.Free(buffer);
        }
    }

    private Step Bind(int first, int width)
    {
        var options = new RunOptions();
        options.AddRunConfigEntry(GraphName, $"{_steps.Count + 1}");
        var step = new Step(_session.CreateIoBinding(), options, []);
        foreach (var (place, tensor) in _cache.Tensors.Index())
        {
            var view = _cache.View(first, width, place);
            step.Views.Add(view);
            step.Binding.BindInput(tensor.Past, view);
            step.Binding.BindOutput(tensor.Present, view);
        }

        step.Binding.BindInput(EngineGraph.TotalLength, _total);
        step.Binding.BindInput(EngineGraph.SequenceLengths, View(TensorElementType.Int32, _lengths, [width], width * sizeof(int)));
        step.Binding.BindInput(_config.Names.InputIds, View(TensorElementType.Int64, _ids, [width, 1], width * sizeof(long)));
        if (_host.Positions is not null)
        {
            step.Binding.BindInput(_config.Names.PositionIds, View(TensorElementType.Int64, _positions, [width, 1], width * sizeof(long)));
        }

        if (_form.SelectsRows)
        {
            step.Binding.BindInput(EngineGraph.LogitRows, View(TensorElementType.Int64, _rows, [width], width * sizeof(long)));
        }

        var bytes = (long)width * _config.VocabularySize * sizeof(float);
        step.Binding.BindOutput(
            _config.Names.Logits, View(TensorElementType.Float, _logits, _form.SelectsRows ? [width, _config.VocabularySize] : [width, 1, _config.VocabularySize], bytes));
        return step;

        OrtValue View(TensorElementType type, nint address, long[] shape, long size)
        {
            var view = OrtValue.CreateTensorValueWithData(_memory.Info, type, shape, address, size);
            step.Views.Add(view);
            return view;
        }
    }

    private sealed record Step(OrtIoBinding Binding, RunOptions Options, List<OrtValue> Views);
}
