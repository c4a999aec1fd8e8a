using GenAiLab.Classifier.Sounds;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// preprocessor_config.json of a sound model by Wav2Vec2's convention, read as hostile. Extractors that make spectrograms of sounds are
/// refused: a model that hears something else than it was trained on answers, and wrongly.
/// </summary>
internal static class SoundPreprocessorConfig
{
    private const string Extractor = "Wav2Vec2FeatureExtractor";
    private const string Normalises = "do_normalize";

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, not JSON, or a value is absent, out of range or not known.</exception>
    public static SoundSteps Read(string folder)
    {
        var file = FolderJson.Read(folder, PreprocessorConfig.FileName);
        if (file.Text("feature_extractor_type") != Extractor)
        {
            throw file.Refuse("feature_extractor_type", $"must be {Extractor}");
        }

        foreach (var name in file.Names.Where(static name => name.StartsWith("do_", StringComparison.Ordinal) && name != Normalises))
        {
            PreprocessorConfig.CheckName(file, name);
            if (file.Flag(name) is true)
            {
                throw file.Refuse(name, "is not supported");
            }
        }

        if (file.Real("padding_value", -1, 1) is not (null or 0))
        {
            throw file.Refuse("padding_value", "must be 0: what a sound lacks is silence");
        }

        _ = file.OptionalNumber("feature_size", 1, 1);
        return new SoundSteps(file.Number("sampling_rate", WavFile.LowestRate, WavFile.HighestRate), file.Flag(Normalises) is not false);
    }
}
