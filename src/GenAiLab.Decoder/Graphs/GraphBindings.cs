using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// The bindings of a graph to its buffers, made once per shape and kept: a step then sets numbers in
/// place and runs. Past and present of a layer are the same memory, so the kernel appends in place.
/// </summary>
internal sealed class GraphBindings(
    InferenceSession session, DecoderConfig config, EngineGraph form, int hiddenSize, KeyValueCache cache, RunBuffers buffers, bool onDevice) : IDisposable
{
    // A binding is a few hundred kilobytes of native handles; widths change slowly, so few are live.
    private const int MaximumRanges = 64;
    private readonly Dictionary<(int First, int Width), Binding> _ranges = [];
    private readonly Dictionary<(int Slot, bool States), Binding> _slots = [];
    private readonly OrtValue _total = View(buffers.Total, 1, []);
    private readonly Dictionary<(int, int), OrtValue> _idViews = [];
    private readonly Dictionary<(int, int), OrtValue> _positionViews = [];
    private readonly Dictionary<int, OrtValue> _lengthViews = [];
    private readonly Dictionary<int, OrtValue> _rowViews = [];
    private readonly Dictionary<int, OrtValue> _logitViews = [];
    private readonly Dictionary<(int, int), OrtValue> _allLogitViews = [];
    private readonly Dictionary<int, OrtValue> _stateViews = [];

    /// <summary>One token of each of <paramref name="width"/> slots.</summary>
    public OrtIoBinding OfRange(int first, int width)
    {
        if (!_ranges.TryGetValue((first, width), out var binding))
        {
            if (_ranges.Count >= MaximumRanges)
            {
                foreach (var old in _ranges.Values)
                {
                    old.Dispose();
                }

                _ranges.Clear();
            }

            binding = Bind(first, width);
            Connect(binding, width, 1, width);
            _ranges[(first, width)] = binding;
        }
        else if (onDevice)
        {
            BindInputs(binding, width, 1, width);
        }

        return binding.Handle;
    }

    /// <summary>Several tokens of one slot, with the logits of the last few, and all their hidden states where there is a buffer for them.</summary>
    public OrtIoBinding OfSlot(int slot, int tokens, int wanted, float[]? states)
    {
        if (!_slots.TryGetValue((slot, states is not null), out var binding))
        {
            binding = Bind(slot, 1);
            _slots[(slot, states is not null)] = binding;
        }

        if (binding.Shape != (tokens, wanted))
        {
            Connect(binding, 1, tokens, wanted);
            if (states is not null)
            {
                binding.Handle.BindOutput(
                    EngineGraph.HiddenStates, Once(_stateViews, tokens, () => View(states, tokens * hiddenSize, [tokens, hiddenSize])));
            }

            binding.Shape = (tokens, wanted);
        }
        else if (onDevice)
        {
            BindInputs(binding, 1, tokens, wanted);
        }

        return binding.Handle;
    }

    public void Dispose()
    {
        foreach (var binding in _ranges.Values.Concat(_slots.Values))
        {
            binding.Dispose();
        }

        foreach (var view in _idViews.Values.Concat(_positionViews.Values).Concat(_lengthViews.Values).Concat(_rowViews.Values)
            .Concat(_logitViews.Values).Concat(_allLogitViews.Values).Concat(_stateViews.Values).Append(_total))
        {
            view.Dispose();
        }
    }

    private Binding Bind(int first, int width)
    {
        var binding = new Binding(session.CreateIoBinding());
        foreach (var (place, tensor) in cache.Tensors.Index())
        {
            var view = cache.View(first, width, place);
            binding.Views.Add(view);
            binding.Handle.BindInput(tensor.Past, view);
            binding.Handle.BindOutput(tensor.Present, view);
        }

        return binding;
    }

    private void Connect(Binding binding, int batch, int sequence, int wanted)
    {
        BindInputs(binding, batch, sequence, wanted);
        if (form.SelectsRows)
        {
            binding.Handle.BindOutput(
                config.Names.Logits, Once(_logitViews, wanted, () => View(buffers.Logits, wanted * config.VocabularySize, [wanted, config.VocabularySize])));
        }
        else
        {
            binding.Handle.BindOutput(config.Names.Logits, Once(
                _allLogitViews, (batch, sequence), () => View(buffers.Logits, batch * sequence * config.VocabularySize, [batch, sequence, config.VocabularySize])));
        }
    }

    // An input of a device is copied to it when it is bound, not when it is run: there this is done before each run.
    private void BindInputs(Binding binding, int batch, int sequence, int wanted)
    {
        binding.Handle.BindInput(EngineGraph.TotalLength, _total);
        binding.Handle.BindInput(EngineGraph.SequenceLengths, Once(_lengthViews, batch, () => View(buffers.Lengths, batch, [batch])));
        binding.Handle.BindInput(config.Names.InputIds, Once(_idViews, (batch, sequence), () => View(buffers.Ids, batch * sequence, [batch, sequence])));
        if (buffers.Positions is { } positions)
        {
            binding.Handle.BindInput(config.Names.PositionIds, Once(_positionViews, (batch, sequence), () => View(positions, batch * sequence, [batch, sequence])));
        }

        if (form.SelectsRows)
        {
            binding.Handle.BindInput(EngineGraph.LogitRows, Once(_rowViews, wanted, () => View(buffers.Rows, wanted, [wanted])));
        }
    }

    private static OrtValue Once<TKey>(Dictionary<TKey, OrtValue> views, TKey key, Func<OrtValue> make)
        where TKey : notnull
    {
        if (!views.TryGetValue(key, out var view))
        {
            views[key] = view = make();
        }

        return view;
    }

    private static OrtValue View<T>(T[] buffer, int length, long[] shape)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, buffer.AsMemory(0, length), shape);

    private sealed class Binding(OrtIoBinding handle) : IDisposable
    {
        public OrtIoBinding Handle { get; } = handle;

        public List<OrtValue> Views { get; } = [];

        public (int, int) Shape { get; set; }

        public void Dispose()
        {
            Handle.Dispose();
            foreach (var view in Views)
            {
                view.Dispose();
            }
        }
    }
}
