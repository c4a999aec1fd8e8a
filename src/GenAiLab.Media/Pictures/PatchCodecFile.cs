using System.Text.Json;

namespace GenAiLab.Media.Pictures;

/// <summary>A codec and where its codes lie in a vocabulary.</summary>
/// <param name="Codec">Pictures as codes.</param>
/// <param name="PictureId">Id of the token behind which a picture's codes stand.</param>
/// <param name="FirstCodeId">Id of the first code; the others follow.</param>
public sealed record PictureTokens(PatchCodec Codec, int PictureId, int FirstCodeId);

/// <summary>codec.json of a model folder.</summary>
public static class PatchCodecFile
{
    /// <summary>The file's name.</summary>
    public const string FileName = "codec.json";

    private const string Kind = "picture-patches";

    /// <summary>Writes the file.</summary>
    public static void Save(string folder, PatchCodec codec, int pictureId, int firstCodeId) => File.WriteAllText(
        Path.Combine(folder, FileName),
        JsonSerializer.Serialize(
            new Content(Kind, codec.Width, codec.Height, codec.Patch, pictureId, firstCodeId, [.. codec.Codes.Select(Convert.ToHexStringLower)]), Json) + "\n");

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private sealed record Content(string Kind, int Width, int Height, int Patch, int PictureId, int FirstCodeId, string[] Codes);
}
