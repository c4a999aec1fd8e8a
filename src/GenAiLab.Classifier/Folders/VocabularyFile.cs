using System.Security.Cryptography;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>tokenizer.json, which the Tokenizer reads; here it is only told from others.</summary>
internal static class VocabularyFile
{
    private const string FileName = "tokenizer.json";
    private const long MaximumBytes = 64 * 1024 * 1024;

    /// <summary>SHA-256 of a folder's vocabulary, lower-case hexadecimal.</summary>
    /// <exception cref="ModelFolderException">The file is missing, too large or cannot be read.</exception>
    public static string Hash(string folder)
    {
        var info = new FileInfo(Path.Combine(folder, FileName));
        try
        {
            if (!info.Exists)
            {
                throw new ModelFolderException(FileName, "the file is missing");
            }

            if (info.Length > MaximumBytes)
            {
                throw new ModelFolderException(FileName, $"larger than {MaximumBytes:N0} bytes");
            }

            using var stream = info.OpenRead();
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }
}
