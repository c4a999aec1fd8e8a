namespace GenAiLab.Experiments;

/// <summary>
/// A claim of the lesson, made checkable. It calls the running services as a client would, and fails when the
/// claim does not hold; the tests run each on a system that was broken on purpose, where it must fail.
/// </summary>
public interface IExperiment
{
    /// <summary>What it is called on the command line: lower-case, hyphens.</summary>
    string Name { get; }

    /// <summary>The sentence of the lesson.</summary>
    string LessonSays { get; }

    /// <summary>What is done to check it, in one or two sentences.</summary>
    string Does { get; }

    /// <summary>What its figures have to reach, in words. The limits of its measurements are among them.</summary>
    IReadOnlyList<string> Criteria { get; }

    /// <summary>Whether it starts labs of its own beside the one that it is given, which cannot be done where that runs already.</summary>
    bool StartsLabs => false;

    /// <summary>What this machine lacks for it; null: nothing.</summary>
    string? Obstacle => null;

    /// <summary>Runs it.</summary>
    /// <returns>What was measured, in the order in which it is to be read.</returns>
    /// <exception cref="ExperimentException">It cannot be run here, for example because a model is missing.</exception>
    Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation);
}

/// <summary>An experiment cannot be run; the message says what to do.</summary>
public sealed class ExperimentException(string message) : Exception(message);
