using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Optimization;

/// <summary>
/// Runs a training graph step by step: forward, backward, clip and AdamW in one run of ONNX Runtime.
/// Parameters and moments live in two sets of buffers that trade places after each step, so that an
/// output never aliases an input of the same run. Not thread-safe: one owner.
/// </summary>
public sealed class TrainingSession : IDisposable
{
    private static readonly string[] State = ["parameters", "first_moment", "second_moment"];
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly OrtIoBinding[] _bindings = new OrtIoBinding[2];
    private readonly Dictionary<string, Array> _inputs = [];
    private readonly List<OrtValue> _values = [];
    private readonly float[][][] _state = new float[2][][];
    private readonly float[] _loss = new float[1];
    private readonly float[] _norm = new float[1];
    private readonly float[] _rate = new float[1];
    private readonly float[] _correction1 = new float[1];
    private readonly float[] _correction2 = new float[1];
    private readonly AdamWConstants _constants;
    private readonly Dictionary<string, float[]> _figures = [];
    private int _current;

    /// <summary>Loads the graph.</summary>
    /// <param name="model">A graph that ends in <see cref="AdamWGraph"/>.</param>
    /// <param name="batchInputs">The inputs that change with every step, with their shapes; int64 or float by the array's type.</param>
    /// <param name="parameters">Initial weights, flat.</param>
    /// <param name="constants">The constants with which the graph was built.</param>
    /// <param name="threads">Threads within an operation; results agree bit for bit at the same number.</param>
    /// <param name="figures">Further scalar outputs of the graph, to be read after each step.</param>
    public TrainingSession(
        Google.Protobuf.IMessage model, IReadOnlyDictionary<string, (Array Buffer, long[] Shape)> batchInputs,
        float[] parameters, AdamWConstants constants, int threads, params IReadOnlyList<string> figures)
    {
        _constants = constants;
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            EnableMemoryPattern = true,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        _session = new InferenceSession(model.ToByteArray(), options);
        for (var set = 0; set < 2; set++)
        {
            _state[set] = [new float[parameters.Length], new float[parameters.Length], new float[parameters.Length]];
        }

        parameters.CopyTo(_state[0][0], 0);
        foreach (var (name, (buffer, _)) in batchInputs)
        {
            _inputs[name] = buffer;
        }

        foreach (var name in figures)
        {
            _figures[name] = new float[1];
        }

        for (var set = 0; set < 2; set++)
        {
            _bindings[set] = Bind(set, batchInputs, parameters.Length);
        }
    }

    /// <summary>Steps taken, of which the moments' bias corrections depend.</summary>
    public int Step { get; private set; }

    /// <summary>The weights after the last step, flat.</summary>
    public ReadOnlySpan<float> Parameters => _state[_current][0];

    /// <summary>The graph's further scalars, of the last step.</summary>
    public IEnumerable<KeyValuePair<string, double>> Figures => _figures.Select(static pair => KeyValuePair.Create(pair.Key, (double)pair.Value[0]));

    /// <summary>Parameters, first and second moments after the last step.</summary>
    public IReadOnlyList<float[]> Snapshot() => [.. _state[_current].Select(static values => (float[])values.Clone())];

    /// <summary>Goes on from a snapshot.</summary>
    public void Restore(int step, IReadOnlyList<float[]> snapshot)
    {
        Step = step;
        for (var at = 0; at < State.Length; at++)
        {
            snapshot[at].CopyTo(_state[_current][at], 0);
        }
    }

    /// <summary>Takes one step on what the input buffers hold now.</summary>
    /// <returns>Mean loss in nats before the step, and the gradient's norm before clipping.</returns>
    public (float Loss, float GradientNorm) Run(float learningRate)
    {
        Step++;
        _rate[0] = learningRate;
        _correction1[0] = (float)(1 - Math.Pow(_constants.Beta1, Step));
        _correction2[0] = (float)(1 - Math.Pow(_constants.Beta2, Step));
        _session.RunWithBinding(_run, _bindings[_current]);
        _current = 1 - _current;
        return (_loss[0], _norm[0]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var binding in _bindings)
        {
            binding?.Dispose();
        }

        _values.ForEach(static value => value.Dispose());
        _run.Dispose();
        _session.Dispose();
    }

    private OrtIoBinding Bind(int set, IReadOnlyDictionary<string, (Array Buffer, long[] Shape)> batchInputs, int length)
    {
        var binding = _session.CreateIoBinding();
        for (var at = 0; at < State.Length; at++)
        {
            binding.BindInput(State[at], Value(_state[set][at], [length]));
            binding.BindOutput("next_" + State[at], Value(_state[1 - set][at], [length]));
        }

        foreach (var (name, (buffer, shape)) in batchInputs)
        {
            binding.BindInput(name, buffer is long[] integers ? Value(integers, shape) : Value((float[])buffer, shape));
        }

        binding.BindInput("learning_rate", Value(_rate, []));
        binding.BindInput("correction1", Value(_correction1, []));
        binding.BindInput("correction2", Value(_correction2, []));
        binding.BindOutput("loss", Value(_loss, []));
        binding.BindOutput("gradient_norm", Value(_norm, []));
        foreach (var (name, value) in _figures)
        {
            binding.BindOutput(name, Value(value, []));
        }

        return binding;
    }

    private OrtValue Value<T>(T[] buffer, long[] shape)
        where T : unmanaged
    {
        var value = OrtValue.CreateTensorValueFromMemory(buffer, shape);
        _values.Add(value);
        return value;
    }
}
