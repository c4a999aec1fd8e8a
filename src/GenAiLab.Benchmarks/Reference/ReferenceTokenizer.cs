using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Benchmarks.Reference;

/// <summary>A vocabulary for the reference weights: every byte, and filler up to the size of the model's.</summary>
public static class ReferenceTokenizer
{
    /// <summary>Writes tokenizer.json into a model folder, unless it is there.</summary>
    public static void Write(string folder, int size)
    {
        var path = Path.Combine(folder, TokenizerDefinition.FileName);
        if (File.Exists(path))
        {
            return;
        }

        var vocabulary = Enumerable.Range(0, 256).ToDictionary(static value => ByteAlphabet.Spell([(byte)value]), static value => value + 1, StringComparer.Ordinal);
        for (var id = 257; id < size; id++)
        {
            vocabulary[$"filler{id}"] = id;
        }

        var definition = new TokenizerDefinition(vocabulary, [], new Dictionary<string, int> { ["<s>"] = 0 }, [0]);
        AtomicFile.Write(path, stream => stream.Write(definition.ToJson()));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), definition.ToConfigurationJson());
    }
}
