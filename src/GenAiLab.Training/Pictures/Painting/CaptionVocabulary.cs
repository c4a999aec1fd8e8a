using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Pictures.Painting;

/// <summary>
/// The tokens of a model that makes a medium from a caption: the words of captions, the token that begins the medium, and behind it a
/// token for each code of the medium's codec.
/// </summary>
public sealed class CaptionVocabulary
{
    /// <summary>Begins and ends a sequence.</summary>
    public const string BeginToken = "<|begin|>";

    /// <summary>Stands for a word that no caption has.</summary>
    public const string UnknownToken = "[UNK]";

    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly string _mediumToken;
    private readonly int _codes;

    /// <param name="words">The words of captions, in a fixed order.</param>
    /// <param name="mediumToken">Ends the caption and begins the medium.</param>
    /// <param name="codes">Codes of the codec.</param>
    public CaptionVocabulary(IEnumerable<string> words, string mediumToken, int codes)
    {
        (_mediumToken, _codes) = (mediumToken, codes);
        foreach (var word in words)
        {
            _words.Add(word, Unknown + 1 + _words.Count);
        }

        Medium = Unknown + 1 + _words.Count;
        FirstCode = Medium + 1;
        Size = FirstCode + codes;
    }

    /// <summary>Id of <see cref="BeginToken"/>.</summary>
    public int Begin => 0;

    /// <summary>Id of <see cref="UnknownToken"/>.</summary>
    public int Unknown => 1;

    /// <summary>Id of the token that begins the medium.</summary>
    public int Medium { get; }

    /// <summary>Id of the first code.</summary>
    public int FirstCode { get; }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>Ids of what comes before a medium's codes, <see cref="Begin"/> included.</summary>
    public int[] Prompt(string caption) => [Begin, .. caption.Split(' ').Select(word => _words.GetValueOrDefault(word, Unknown)), Medium];

    /// <summary>Writes tokenizer.json and tokenizer_config.json, whose chat template takes the last turn for a caption.</summary>
    public void Save(string folder) => WordTokenizerFiles.Write(
        folder, (BeginToken, Begin), (UnknownToken, Unknown), _words, [(_mediumToken, Medium)], FirstCode, _codes,
        "{{ bos_token }}{{ messages[-1]['content'] }}{{ '" + _mediumToken + "' }}");
}
