namespace GenAiLab.Benchmarks.Folders;

/// <summary>What was found in a model folder.</summary>
public sealed class FolderReport
{
    private const int LabelWidth = 12;
    private readonly List<string> _lines = [];
    private readonly List<string> _problems = [];

    /// <summary>What there is, a line each.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Why it cannot be served; empty: it can.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Adds a line.</summary>
    /// <param name="label">What it is about; at most 11 characters.</param>
    /// <param name="text">What was found.</param>
    public void Add(string label, FormattableString text) => Add(label, FormattableString.Invariant(text));

    /// <inheritdoc cref="Add(string, FormattableString)"/>
    public void Add(string label, string text) => _lines.Add($"{label.PadRight(LabelWidth)}{text}");

    /// <summary>Adds something that keeps the folder from being served.</summary>
    public void Refuse(string problem) => _problems.Add(problem);
}
