namespace GenAiLab.Models.Folders;

/// <summary>Finds the folder whose subfolders are the models.</summary>
public static class ModelsRoot
{
    /// <summary>The name of the folder that is looked for when none is configured.</summary>
    public const string FolderName = "models";

    /// <summary>
    /// The configured folder, relative to the content root; without one the nearest folder called
    /// <c>models</c> at or above the content root, then at or above the program's own folder.
    /// </summary>
    /// <param name="configured">The value of <c>Models:Root</c>; null or blank where it is not set.</param>
    /// <param name="contentRoot">The application's content root.</param>
    /// <returns>A full path of a folder that exists.</returns>
    /// <exception cref="ModelFolderException">There is no such folder.</exception>
    public static string Find(string? configured, string contentRoot)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            var folder = Path.GetFullPath(configured, Path.GetFullPath(contentRoot));
            return Directory.Exists(folder)
                ? folder
                : throw new ModelFolderException(FolderName, "the folder that Models:Root names does not exist");
        }

        return FindAbove(contentRoot) ?? FindAbove(AppContext.BaseDirectory)
            ?? throw new ModelFolderException(FolderName, "there is no such folder here or above; name one by Models:Root");
    }

    /// <summary>The folders of a root that may be models, in the order of their names.</summary>
    /// <remarks>Names that begin with a dot are left out: a folder has such a name while it is written (<see cref="StagedFolder"/>).</remarks>
    public static IEnumerable<string> Folders(string root) => Directory.EnumerateDirectories(root)
        .Where(static folder => !Path.GetFileName(folder).StartsWith('.'))
        .Order(StringComparer.Ordinal);

    private static string? FindAbove(string start)
    {
        for (var folder = new DirectoryInfo(Path.GetFullPath(start)); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, FolderName);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
