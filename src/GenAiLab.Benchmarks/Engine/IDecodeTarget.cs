namespace GenAiLab.Benchmarks.Engine;

/// <summary>Something that decodes the reference weights and can be timed.</summary>
internal interface IDecodeTarget : IDisposable
{
    /// <summary>What it is and how it runs.</summary>
    string Name { get; }

    /// <summary>Fills as many sequences with as many tokens each.</summary>
    void Fill(int sequences, int tokens);

    /// <summary>Forgets all but the first tokens of each of the first sequences.</summary>
    void Rewind(int sequences, int tokens);

    /// <summary>Adds one token to each of the first sequences, from a position on; logits of all are computed.</summary>
    void Step(int sequences, int position);

    /// <summary>Runs a prompt in sequence 0, from nothing; the logits of the last token are computed.</summary>
    void Prefill(int tokens);

    /// <summary>The logits of sequence 0 after the last run.</summary>
    float[] Logits();
}
