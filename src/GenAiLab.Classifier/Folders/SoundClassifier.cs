using GenAiLab.Classifier.Sounds;
using GenAiLab.Media;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>A classifier of sounds: input_values [batch, samples], in single or half precision, and an attention_mask where the graph has one.</summary>
internal sealed class SoundClassifier : ClassifierModel
{
    /// <summary>What its graph's first input is called.</summary>
    public const string InputValues = "input_values";

    private const string AttentionMask = "attention_mask";

    private readonly SoundSteps _steps;
    private readonly int _batch;
    private readonly bool _half;
    private readonly TensorElementType? _mask;

    private SoundClassifier(string name, ClassifierConfig config, ClassifierGraph graph, SoundSteps steps)
        : base(name, config.Labels, config.Exclusive, graph)
    {
        var input = graph.Inputs[InputValues];
        _steps = steps;
        _batch = Math.Max(1, input.Dimensions[0]);
        _half = input.ElementDataType == TensorElementType.Float16;
        _mask = graph.Inputs.TryGetValue(AttentionMask, out var mask) ? mask.ElementDataType : null;
        Samples = input.Dimensions[1] is var samples && samples == -1 ? null : samples;
    }

    /// <summary>How many samples the graph takes; null: any number.</summary>
    public int? Samples { get; }

    /// <summary>Samples a second.</summary>
    public int Rate => _steps.Rate;

    /// <summary>Checks the graph's inputs and preprocessor_config.json, and runs it once.</summary>
    /// <exception cref="ModelFolderException">They don't fit, or it cannot be run.</exception>
    public static SoundClassifier Open(string folder, ClassifierConfig config, ClassifierGraph graph)
    {
        var steps = SoundPreprocessorConfig.Read(folder);
        CheckInputs(graph, steps);
        var model = new SoundClassifier(Path.GetFileName(folder), config, graph, steps);
        var samples = model.Samples ?? steps.Rate;
        graph.Try(cancellation => model.Run(new PreparedSound(new float[samples], samples), cancellation));
        return model;
    }

    /// <summary>The samples that the graph hears of a WAV.</summary>
    /// <exception cref="UnreadableMediaException">It cannot be read, or is too long.</exception>
    public PreparedSound Prepare(ReadOnlySpan<byte> sound, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _steps.Run(sound, Samples, cancellation);
    }

    /// <summary>The logits of a prepared sound, one for each label.</summary>
    public float[] Run(PreparedSound sound, CancellationToken cancellation)
    {
        long[] shape = [_batch, sound.Samples.Length];

        // A graph of a fixed batch gets the sound in its first row, and silence.
        var rows = sound.Samples;
        Array.Resize(ref rows, _batch * sound.Samples.Length);
        using var value = _half
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rows, static sample => (Float16)sample), shape)
            : OrtValue.CreateTensorValueFromMemory(rows, shape);
        if (_mask is null)
        {
            return Graph.Run([InputValues], [value], cancellation);
        }

        using var mask = _mask == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(Mask(sound), static heard => (long)heard), shape)
            : OrtValue.CreateTensorValueFromMemory(Mask(sound), shape);
        return Graph.Run([InputValues, AttentionMask], [value, mask], cancellation);
    }

    // Rows without a sound are heard whole: a row of nothing has no mean.
    private int[] Mask(PreparedSound sound)
    {
        var mask = new int[_batch * sound.Samples.Length];
        Array.Fill(mask, 1);
        mask.AsSpan(sound.Length, sound.Samples.Length - sound.Length).Clear();
        return mask;
    }

    private static void CheckInputs(ClassifierGraph graph, SoundSteps steps)
    {
        if (graph.Inputs.Keys.FirstOrDefault(static name => name is not (InputValues or AttentionMask)) is { } other)
        {
            throw graph.Refuse($"of a sound model {InputValues} and {AttentionMask} are the only inputs, and it has {(other.Length > 64 ? "another" : other)}");
        }

        var input = graph.Inputs[InputValues];
        if (input.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || input.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16)
            || input.Dimensions is not [var batch, var samples] || (batch != -1 && batch is < 1 or > ClassifierGraph.MaximumBatch))
        {
            throw graph.Refuse($"{InputValues} must be a tensor [batch, samples] of floats");
        }

        var most = (int)(SoundSteps.MaximumSeconds * steps.Rate);
        if (samples != -1 && (samples < 1 || samples > most))
        {
            throw graph.Refuse($"{InputValues} has {samples:N0} samples; at most {most:N0}, which are {SoundSteps.MaximumSeconds} seconds");
        }

        if (graph.Inputs.TryGetValue(AttentionMask, out var mask) && (mask.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR
            || mask.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32) || !mask.Dimensions.SequenceEqual(input.Dimensions)))
        {
            throw graph.Refuse($"{AttentionMask} must be a tensor of whole numbers like {InputValues}");
        }
    }
}
