namespace GenAiLab.Experiments;

/// <summary>What an experiment works with.</summary>
public sealed class ExperimentContext
{
    /// <summary>The services under test.</summary>
    public required IExperimentLab Lab { get; init; }

    /// <summary>A folder that the experiment may fill; deleted afterwards.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>Seed of whatever is drawn; two runs with one seed agree.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads of a training.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Asks for the smallest size that can still tell a working system from a broken one.</summary>
    public bool Quick { get; init; }

    /// <summary>The folder of the model folders that the lab serves; null where it runs elsewhere.</summary>
    public string? ModelsRoot { get; init; }

    /// <summary>Where an experiment leaves the pictures that belong to its figures; null: nowhere.</summary>
    public string? FiguresFolder { get; init; }

    /// <summary>Told what is being done.</summary>
    public IProgress<string>? Progress { get; init; }

    /// <summary>Filled by an experiment whose figures are better seen: by the experiment's own task alone.</summary>
    public IList<ExperimentPlot> Plots { get; } = [];
}

/// <summary>A running lab as a client sees it. One invoker per service; all may be the same.</summary>
public interface IExperimentLab
{
    /// <summary>The orchestrator.</summary>
    V1.Orchestrator.OrchestratorClient Orchestrator { get; }

    /// <summary>The tokenizer.</summary>
    V1.Tokenizer.TokenizerClient Tokenizer { get; }

    /// <summary>The classifier.</summary>
    V1.Classifier.ClassifierClient Classifier { get; }

    /// <summary>The decoder.</summary>
    V1.Decoder.DecoderClient Decoder { get; }

    /// <summary>
    /// Starts a second lab that serves the model folders in <paramref name="modelsRoot"/>, or the same as this one for
    /// null: after a restart, on another replica, or with a model that was trained just now.
    /// </summary>
    /// <exception cref="ExperimentException">This lab was not started by the experiment's host, which then cannot start another.</exception>
    Task<IStartedLab> StartAnotherAsync(string? modelsRoot, CancellationToken cancellation);

    /// <summary>Starts a second lab like this one, whose spans can be read.</summary>
    /// <exception cref="ExperimentException">This lab was not started by the experiment's host, which then cannot start another.</exception>
    Task<ITracedLab> StartTracedAsync(CancellationToken cancellation);
}

/// <summary>A lab that ends when it is disposed of.</summary>
public interface IStartedLab : IExperimentLab, IAsyncDisposable;

/// <summary>A lab whose spans can be read.</summary>
public interface ITracedLab : IStartedLab
{
    /// <summary>The spans of a trace, once they satisfy <paramref name="complete"/>, or those that came within some seconds.</summary>
    /// <param name="traceId">W3C trace id, lower-case hexadecimal.</param>
    /// <param name="complete">Whether all are there that are waited for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    Task<IReadOnlyList<TracedSpan>> SpansAsync(string traceId, Func<IReadOnlyList<TracedSpan>, bool> complete, CancellationToken cancellation);
}

/// <summary>A span, as a telemetry backend sees it.</summary>
/// <param name="Name">For example decoder.prefill.</param>
/// <param name="Tokens">Its attribute <c>genailab.tokens</c>; 0 where it has none.</param>
public sealed record TracedSpan(string Name, long Tokens);
