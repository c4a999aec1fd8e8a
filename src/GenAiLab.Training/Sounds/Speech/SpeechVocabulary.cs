using GenAiLab.Media;
using GenAiLab.Media.Sounds;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>
/// The tokens of models that listen and speak, the same for both: words, and a token for each code of sounds. What is heard stands
/// before its words, what is said behind them.
/// </summary>
public sealed class SpeechVocabulary
{
    /// <summary>Begins and ends a sequence.</summary>
    public const string BeginToken = "<|begin|>";

    /// <summary>Stands for a word that no phrase has.</summary>
    public const string UnknownToken = "[UNK]";

    /// <summary>Begins a sound.</summary>
    public const string SoundToken = "<|sound|>";

    /// <summary>Ends a sound.</summary>
    public const string EndToken = "<|/sound|>";

    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly string[] _spelled;

    /// <param name="codec">The codes.</param>
    public SpeechVocabulary(SoundCodec codec)
    {
        Codec = codec;
        foreach (var word in SpokenWords.All)
        {
            _words.Add(word, Unknown + 1 + _words.Count);
        }

        _spelled = [.. SpokenWords.All];
        Sound = Unknown + 1 + _words.Count;
        End = Sound + 1;
        FirstCode = End + 1;
        Size = FirstCode + codec.CodeCount;
    }

    /// <summary>The codes.</summary>
    public SoundCodec Codec { get; }

    /// <summary>Id of <see cref="BeginToken"/>.</summary>
    public int Begin => 0;

    /// <summary>Id of <see cref="UnknownToken"/>.</summary>
    public int Unknown => 1;

    /// <summary>Id of <see cref="SoundToken"/>.</summary>
    public int Sound { get; }

    /// <summary>Id of <see cref="EndToken"/>.</summary>
    public int End { get; }

    /// <summary>Id of the first code.</summary>
    public int FirstCode { get; }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>Where the codes lie.</summary>
    public MediaTokens Tokens => new(Codec, Sound, End, FirstCode);

    /// <summary>Ids of what comes before the words that are heard.</summary>
    public int[] Heard(IEnumerable<int> codes) => [Begin, Sound, .. codes.Select(code => FirstCode + code), End];

    /// <summary>Ids of what comes before the sound of words.</summary>
    public int[] ToSay(string text) => [Begin, .. Words(text), Sound];

    /// <summary>A sound and its words, the words to be learned.</summary>
    public TokenizedConversation Listening(IReadOnlyList<int> codes, string text) => Conversation(Heard(codes), [.. Words(text), Begin]);

    /// <summary>Words and their sound, the sound to be learned.</summary>
    public TokenizedConversation Speaking(string text, IReadOnlyList<int> codes) =>
        Conversation(ToSay(text), [.. codes.Select(code => FirstCode + code), End]);

    /// <summary>The words of a model's continuation.</summary>
    public string Text(IEnumerable<int> ids) =>
        string.Join(' ', ids.TakeWhile(id => id != Begin).Select(id => id > Unknown && id < Sound ? _spelled[id - Unknown - 1] : UnknownToken));

    /// <summary>The codes of a model's continuation; ids that are none are left out.</summary>
    public int[] Codes(IEnumerable<int> ids) =>
        [.. ids.TakeWhile(id => id != End).Select(id => id - FirstCode).Where(code => (uint)code < (uint)Codec.CodeCount).Take(Codec.MaximumLength)];

    /// <summary>Writes tokenizer.json, tokenizer_config.json and codec.json.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="speaks">Whether the chat template asks for the sound of the last turn, rather than for its words.</param>
    public void Save(string folder, bool speaks)
    {
        WordTokenizerFiles.Write(
            folder, (BeginToken, Begin), (UnknownToken, Unknown), _words, [(SoundToken, Sound), (EndToken, End)], FirstCode, Codec.CodeCount,
            "{{ bos_token }}{{ messages[-1]['content'] }}" + (speaks ? "{{ '" + SoundToken + "' }}" : ""));
        MediaCodecFile.Write(folder, Tokens, Codec.Settings());
    }

    private IEnumerable<int> Words(string text) => text.Split(' ').Select(word => _words.GetValueOrDefault(word, Unknown));

    private static TokenizedConversation Conversation(int[] given, int[] answer) =>
        new([.. given, .. answer], [.. Enumerable.Repeat(false, given.Length), .. Enumerable.Repeat(true, answer.Length)]);
}
