using System.Security.Cryptography;

namespace GenAiLab.Cli.Tests.Kills;

/// <summary>All files of a model folder as one text: equal where every byte is.</summary>
internal static class FolderPrint
{
    /// <summary>Of the folder's own files; what lies in folders within it, and names in <paramref name="except"/>, are left out.</summary>
    public static string Of(string folder, params string[] except) => string.Join('\n', Directory.GetFiles(folder)
        .Where(file => !except.Contains(Path.GetFileName(file)))
        .Order(StringComparer.Ordinal)
        .Select(static file => $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"));
}
