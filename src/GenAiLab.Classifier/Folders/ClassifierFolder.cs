using System.Security.Cryptography;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>Opens model folders that hold a classifier.</summary>
internal static class ClassifierFolder
{
    private const string VocabularyFile = "tokenizer.json";
    private const long MaximumVocabularyBytes = 64 * 1024 * 1024;

    /// <summary>Whether a folder may be a classifier, by the files in it.</summary>
    public static bool MayBeClassifier(string folder) =>
        File.Exists(Path.Combine(folder, ClassifierConfig.FileName)) && !File.Exists(Path.Combine(folder, GenAiConfig.FileName));

    /// <summary>Reads, checks and warms up a classifier; null where the folder holds another kind of model.</summary>
    /// <exception cref="ModelFolderException">The folder cannot be used; the message names the file.</exception>
    public static ClassifierModel? Open(string folder, int threads)
    {
        if (ClassifierConfig.Read(folder) is not { } config)
        {
            return null;
        }

        var hash = HashVocabulary(folder);
        return ClassifierModel.Open(folder, config, hash, threads);
    }

    private static string HashVocabulary(string folder)
    {
        var info = new FileInfo(Path.Combine(folder, VocabularyFile));
        try
        {
            if (!info.Exists)
            {
                throw new ModelFolderException(VocabularyFile, "the file is missing");
            }

            if (info.Length > MaximumVocabularyBytes)
            {
                throw new ModelFolderException(VocabularyFile, $"larger than {MaximumVocabularyBytes:N0} bytes");
            }

            using var stream = info.OpenRead();
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(VocabularyFile, "cannot be read", error);
        }
    }
}
