using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>
/// A published rank file, read from the data package that carries it: line by line the Base64 of a piece,
/// whose rank is its place.
/// </summary>
/// <param name="Pieces">The bytes of each piece, by rank.</param>
/// <param name="Sha256">
/// Of the file as published ("BASE64 RANK" lines), restored from the ordered pieces: the very hash by
/// which tiktoken checks its downloads.
/// </param>
internal sealed record RankFile(IReadOnlyList<byte[]> Pieces, string Sha256)
{
    private const string Header = "Capacity: ";

    /// <summary>Reads a resource of an assembly that is shipped with the service.</summary>
    public static RankFile Read(string assemblyName, string resource)
    {
        using var compressed = Assembly.Load(assemblyName).GetManifestResourceStream(resource)
            ?? throw new InvalidDataException($"{assemblyName} holds no {resource}");
        using var reader = new StreamReader(new DeflateStream(compressed, CompressionMode.Decompress), Encoding.ASCII);
        if (reader.ReadLine()?.StartsWith(Header, StringComparison.Ordinal) != true)
        {
            throw new InvalidDataException($"{resource} does not begin with its capacity");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pieces = new List<byte[]>();
        while (reader.ReadLine() is { } line)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"{line} {pieces.Count}\n"));
            pieces.Add(Convert.FromBase64String(line));
        }

        return new RankFile(pieces, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
