using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>The JSON files of a model folder, read as hostile.</summary>
internal static class JsonFile
{
    // 65,536 labels, each twice, fit.
    private const int MaximumBytes = 8 * 1024 * 1024;

    /// <summary>Reads a file that holds one object.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, or not JSON; or <paramref name="parse"/> refuses it.</exception>
    public static T Read<T>(string folder, string name, Func<JsonObjectReader, T> parse)
    {
        try
        {
            var info = new FileInfo(Path.Combine(folder, name));
            if (!info.Exists)
            {
                throw new ModelFolderException(name, "the file is missing");
            }

            if (info.Length > MaximumBytes)
            {
                throw new ModelFolderException(name, $"larger than {MaximumBytes:N0} bytes");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(info.FullName));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? parse(new JsonObjectReader(name, "", document.RootElement))
                : throw new ModelFolderException(name, "must be an object");
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(name, "not valid JSON; truncated?", error);
        }
        catch (InvalidOperationException error) // Half a surrogate pair, escaped, in a string.
        {
            throw new ModelFolderException(name, "a string in it is not valid Unicode", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(name, "cannot be read", error);
        }
    }
}
