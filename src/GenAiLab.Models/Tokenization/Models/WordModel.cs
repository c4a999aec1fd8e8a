namespace GenAiLab.Models.Tokenization.Models;

/// <summary>What cuts a word into tokens, and knows them by id. Immutable and thread-safe.</summary>
internal abstract class WordModel
{
    /// <summary>The model's name in tokenizer.json.</summary>
    public abstract string Type { get; }

    /// <summary>Entries as they are spelled, by id; null where an id stands for nothing.</summary>
    public abstract IReadOnlyList<string?> Entries { get; }

    /// <summary>How many entries there are, which is less than <see cref="Entries"/> has where ids are missing.</summary>
    public abstract int Count { get; }

    /// <summary>The id of an entry; null where there is none.</summary>
    public abstract int? Find(string entry);

    /// <summary>The id that stands for what no entry spells; null where there is none.</summary>
    public virtual int? Unknown => null;

    /// <summary>Adds the tokens of a word.</summary>
    /// <param name="word">Well-formed UTF-16, not empty.</param>
    /// <param name="tokens">Gets them in order.</param>
    /// <param name="cancellation">Looked at in long words.</param>
    /// <exception cref="TokenizationException">The vocabulary has no token for it.</exception>
    public abstract void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation);
}
