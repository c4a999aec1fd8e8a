using GenAiLab.Media;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>What a model hears in sounds, and how another one's words sound.</summary>
internal static class Listener
{
    private const int Rows = 25;
    private const int MaximumWords = 12;

    /// <summary>The most probable words of each sound, one after the other.</summary>
    public static IReadOnlyList<string> Hear(
        LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, SpeechVocabulary vocabulary, IReadOnlyList<float[]> sounds, int threads,
        CancellationToken cancellation) =>
        Hear(config, weights, vocabulary, [.. sounds.Select(sound => vocabulary.Codec.Encode(sound, cancellation))], threads, cancellation);

    /// <summary>The same of sounds as codes.</summary>
    public static IReadOnlyList<string> Hear(
        LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, SpeechVocabulary vocabulary, IReadOnlyList<int[]> sounds, int threads,
        CancellationToken cancellation)
    {
        List<int[]> prompts = [.. sounds.Select(vocabulary.Heard)];
        return [.. Continue(config, weights, vocabulary.Begin, prompts, MaximumWords, temperature: 0, threads, cancellation).Select(vocabulary.Text)];
    }

    /// <summary>The sound of each text.</summary>
    public static IReadOnlyList<float[]> Say(
        LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, SpeechVocabulary vocabulary, IReadOnlyList<string> texts, float temperature, int threads,
        CancellationToken cancellation)
    {
        List<int[]> prompts = [.. texts.Select(vocabulary.ToSay)];
        return [.. Continue(config, weights, vocabulary.End, prompts, config.ContextLength - prompts.Max(static prompt => prompt.Length), temperature, threads, cancellation)
            .Select(tokens => vocabulary.Codes(tokens)).Select(codes => codes.Length == 0 ? new float[SoundCodec.Rate / 10] : vocabulary.Codec.DecodeSamples(codes))];
    }

    /// <summary>The model of a folder that <c>lab train listen</c> wrote, with its vocabulary; null where there is none.</summary>
    public static (LlamaConfig Config, IReadOnlyDictionary<string, float[]> Weights, SpeechVocabulary Vocabulary)? Open(string folder)
    {
        if (!MediaCodecFile.IsIn(folder) || !File.Exists(Path.Combine(folder, "model.onnx")))
        {
            return null;
        }

        var model = LlamaFolder.Read(folder);
        return MediaCodecFile.Read(folder, model.Config.VocabularySize).Codec is SoundCodec codec
            ? (model.Config, model.Weights, new SpeechVocabulary(codec))
            : null;
    }

    private static IEnumerable<int[]> Continue(
        LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, int end, List<int[]> prompts, int tokens, float temperature, int threads,
        CancellationToken cancellation)
    {
        tokens = Math.Min(tokens, config.ContextLength - prompts.Max(static prompt => prompt.Length));
        using var rollouts = new Rollouts(config, Math.Min(Rows, prompts.Count), config.ContextLength, end, threads);
        var parameters = FlatParameters.Pack(weights, FlatParameters.Of(config));
        return rollouts.Generate(parameters, prompts, tokens, temperature, static row => (ulong)row, cancellation).Select(static rollout => rollout.Tokens);
    }
}
