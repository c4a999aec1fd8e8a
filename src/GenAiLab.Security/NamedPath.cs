namespace GenAiLab.Security;

/// <summary>A file and the setting or option that named it, for messages.</summary>
public sealed record NamedPath(string Name, string Path)
{
    /// <summary>Null for a setting that was left out.</summary>
    public static NamedPath? From(string name, string? path) => string.IsNullOrWhiteSpace(path) ? null : new NamedPath(name, path);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Path})";
}
