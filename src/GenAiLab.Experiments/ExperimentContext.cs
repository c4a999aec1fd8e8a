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

    /// <summary>Told what is being done.</summary>
    public IProgress<string>? Progress { get; init; }
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
}

/// <summary>A lab that ends when it is disposed of.</summary>
public interface IStartedLab : IExperimentLab, IAsyncDisposable;
