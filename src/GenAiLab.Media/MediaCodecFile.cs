using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media;

/// <summary>codec.json of a model folder: which codec its tokens need, and where its codes lie in the vocabulary.</summary>
public static class MediaCodecFile
{
    /// <summary>The file's name.</summary>
    public const string FileName = "codec.json";

    /// <summary>Whether a folder has one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the file.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="vocabularySize">Ids of its vocabulary, among which codes and control tokens must lie.</param>
    /// <exception cref="ModelFolderException">It is missing, or says what cannot be.</exception>
    public static MediaTokens Read(string folder, int vocabularySize)
    {
        var file = FolderJson.Read(folder, FileName);
        IMediaCodec codec = file.Text("kind") switch
        {
            PictureCodec.FileKind => PictureCodec.FromFile(file),
            SoundCodec.FileKind => SoundCodec.FromFile(file),
            FilmCodec.FileKind => FilmCodec.FromFile(file),
            _ => throw file.Refuse("kind", $"must be {PictureCodec.FileKind}, {SoundCodec.FileKind} or {FilmCodec.FileKind}"),
        };
        var last = vocabularySize - 1;
        var tokens = new MediaTokens(codec, file.Number("begin_id", 0, last), file.OptionalNumber("end_id", 0, last), file.Number("first_code_id", 0, last));
        return tokens.FirstCodeId + codec.CodeCount > vocabularySize ? throw file.Refuse("first_code_id", $"leaves no room for {codec.CodeCount:N0} codes among {vocabularySize:N0} ids")
            : tokens.IsCode(tokens.BeginId) ? throw file.Refuse("begin_id", "is a code's")
            : tokens.EndId is { } end && tokens.IsCode(end) ? throw file.Refuse("end_id", "is a code's")
            : tokens.EndId is null && codec.MinimumLength < codec.MaximumLength ? throw file.Refuse("end_id", "is missing, and the codes' number differs")
            : tokens;
    }

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="tokens">Where the codes lie.</param>
    /// <param name="settings">What the codec's own reader reads, its kind included.</param>
    public static void Write(string folder, MediaTokens tokens, JsonObject settings)
    {
        settings["begin_id"] = tokens.BeginId;
        settings["end_id"] = tokens.EndId;
        settings["first_code_id"] = tokens.FirstCodeId;
        AtomicFile.WriteText(Path.Combine(folder, FileName), settings.ToJsonString(Json) + "\n");
    }

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };
}
