namespace GenAiLab.Classifier.Folders;

/// <summary>A loaded classifier of texts, images, sounds or films. Thread-safe.</summary>
/// <param name="name">The folder's name.</param>
/// <param name="labels">Names of the labels, by index of the logit.</param>
/// <param name="exclusive">Whether one label holds at a time.</param>
/// <param name="graph">Its own from now on.</param>
internal abstract class ClassifierModel(string name, IReadOnlyList<string> labels, bool exclusive, ClassifierGraph graph) : IDisposable
{
    /// <summary>The folder's name.</summary>
    public string Name { get; } = name;

    /// <summary>Names of the labels, by index of the logit.</summary>
    public IReadOnlyList<string> Labels { get; } = labels;

    /// <summary>Whether one label holds at a time.</summary>
    public bool Exclusive { get; } = exclusive;

    /// <summary>What computes the logits.</summary>
    protected ClassifierGraph Graph { get; } = graph;

    public void Dispose() => Graph.Dispose();
}
