using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Benchmarks.Reference;

/// <summary>A vocabulary for the reference weights: every byte, and filler up to the size of the model's.</summary>
public static class ReferenceTokenizer
{
    private const string Start = "<s>";

    /// <summary>The tokens in the order of their ids: the start of a sequence, the bytes, filler.</summary>
    public static string[] Spellings(int size) =>
    [
        Start,
        .. Enumerable.Range(0, 256).Select(static value => ByteAlphabet.Spell([(byte)value])),
        .. Enumerable.Range(257, size - 257).Select(static id => $"filler{id}"),
    ];

    /// <summary>Writes tokenizer.json into a model folder, unless it is there.</summary>
    public static void Write(string folder, int size)
    {
        var path = Path.Combine(folder, TokenizerFile.FileName);
        if (File.Exists(path))
        {
            return;
        }

        var vocabulary = Spellings(size).Skip(1).Select(static (spelling, at) => (spelling, id: at + 1)).ToDictionary(static entry => entry.spelling, static entry => entry.id, StringComparer.Ordinal);
        var definition = new TrainedVocabulary(vocabulary, [], new Dictionary<string, int> { [Start] = 0 });
        AtomicFile.Write(path, stream => stream.Write(definition.ToJson()));
        AtomicFile.WriteText(Path.Combine(folder, TrainedVocabulary.ConfigurationFileName), TrainedVocabulary.ToConfigurationJson(Start));
    }
}
