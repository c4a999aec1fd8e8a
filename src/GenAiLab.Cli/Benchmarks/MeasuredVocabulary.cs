using GenAiLab.Benchmarks.Tokenizers;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>A vocabulary in this process, and where a peer finds the same one.</summary>
internal sealed class MeasuredVocabulary
{
    private readonly Func<string, CancellationToken, IReadOnlyList<int>> _encode;

    private MeasuredVocabulary(string name, string? folder, Func<string, CancellationToken, IReadOnlyList<int>> encode) => (Name, Folder, _encode) = (name, folder, encode);

    /// <summary>By which the service knows it too.</summary>
    public string Name { get; }

    /// <summary>With its tokenizer.json; null: one of tiktoken's.</summary>
    public string? Folder { get; }

    /// <summary>Finds one: a public one, a published one that came with the peers, or the folder of a model.</summary>
    /// <param name="name">Such as cl100k_base, llama3 or lab-chat.</param>
    /// <param name="peers">The folder of the peers.</param>
    /// <param name="models">The folder of model folders.</param>
    /// <exception cref="IOException">There is none of this name.</exception>
    public static MeasuredVocabulary Open(string name, string peers, string models)
    {
        if (name is PublicVocabularies.Cl100k or PublicVocabularies.O200k)
        {
            var vocabulary = name == PublicVocabularies.Cl100k ? PublicVocabularies.ReadCl100k() : PublicVocabularies.ReadO200k();
            return new MeasuredVocabulary(name, null, (text, cancellation) =>
                [.. vocabulary.Encode(text, addSpecialTokens: false, parseSpecialTokens: false, cancellation).Select(static token => token.Id)]);
        }

        var folder = TokenizerPeer.PublishedFolder(peers, name) ?? Path.Combine(models, name);
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            throw new IOException($"no vocabulary '{name}': it is neither public, nor published with the peers, nor a folder of models");
        }

        var tokenizer = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        return new MeasuredVocabulary(name, folder, (text, cancellation) =>
        {
            var ids = new List<int>();
            tokenizer.EncodeIds(text, ids, cancellation);
            return ids;
        });
    }

    /// <summary>The ids of a text, nothing added.</summary>
    public IReadOnlyList<int> Encode(string text, CancellationToken cancellation) => _encode(text, cancellation);

    /// <summary>Starts each peer that has this vocabulary.</summary>
    public async Task<IReadOnlyList<TokenizerPeer>> StartPeersAsync(string peers, CancellationToken cancellation) =>
        [Folder is null ? await TokenizerPeer.StartTiktokenAsync(peers, Name, cancellation) : await TokenizerPeer.StartHuggingFaceAsync(peers, Folder, cancellation)];
}
