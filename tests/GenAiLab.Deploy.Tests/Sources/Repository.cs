namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>The files that these tests hold against each other.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Path(string relative) => System.IO.Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(Path(relative));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("the tests run from within the repository");
    }
}
