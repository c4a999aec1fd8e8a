using GenAiLab.Benchmarks.Tokenizers;
using GenAiLab.Models.Tokenization;
using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>A vocabulary in this process, and where a peer finds the same one.</summary>
internal sealed class MeasuredVocabulary
{
    private readonly TextTokenizer _tokenizer;

    private MeasuredVocabulary(string name, string? folder, TextTokenizer tokenizer) => (Name, Folder, _tokenizer) = (name, folder, tokenizer);

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
        if (PublicVocabularies.Names.Contains(name))
        {
            return new MeasuredVocabulary(name, null, ((TokenizerVocabulary)PublicVocabularies.Read(name)).Tokenizer);
        }

        var folder = TokenizerPeer.PublishedFolder(peers, name) ?? Path.Combine(models, name);
        var file = Path.Combine(folder, "tokenizer.json");
        return File.Exists(file)
            ? new MeasuredVocabulary(name, folder, TextTokenizer.Load(file))
            : throw new IOException($"no vocabulary '{name}': it is neither public, nor published with the peers, nor a folder of models");
    }

    /// <summary>The ids of a text, nothing added.</summary>
    public List<int> Encode(string text, CancellationToken cancellation)
    {
        var ids = new List<int>();
        _tokenizer.EncodeIds(text, ids, cancellation);
        return ids;
    }

    /// <summary>Starts the peer that has this vocabulary.</summary>
    public Task<TokenizerPeer> StartPeerAsync(string peers, CancellationToken cancellation) =>
        Folder is null ? TokenizerPeer.StartTiktokenAsync(peers, Name, cancellation) : TokenizerPeer.StartHuggingFaceAsync(peers, Folder, cancellation);
}
