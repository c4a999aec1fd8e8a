using GenAiLab.V1;

namespace GenAiLab.Experiments.Opposites;

/// <summary>What is asked for.</summary>
/// <param name="Text">As a user types it.</param>
/// <param name="Label">Index of the classifier's label that belongs to it.</param>
internal record Prompt(string Text, int Label);

/// <summary>A picture, a sound or a film with the prompt that it belongs to.</summary>
internal sealed record Example<T>(T Medium, Prompt Prompt);

/// <summary>The data of a modality, and how its examples are compared. Pure: what it draws follows from the random numbers.</summary>
/// <typeparam name="T">A picture, a sound, a film.</typeparam>
internal interface IModality<T>
{
    /// <summary>What its examples are called, in the plural: drawings.</summary>
    string Examples { get; }

    /// <summary>The classifier's labels.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>Examples that the generator has learned from, as far as it pays to compare with them.</summary>
    IEnumerable<Example<T>> Training();

    /// <summary>Real examples that no model has learned from, as the generator is to make them.</summary>
    IEnumerable<Example<T>> HeldOut();

    /// <summary>Examples that no model has learned from and by which the classifier is measured, as different as what it is made for.</summary>
    IEnumerable<Example<T>> Asked();

    /// <summary>Another real example of a prompt.</summary>
    T Real(Prompt prompt, Random random);

    /// <summary>The shortest prompt of a label: a cat.</summary>
    string PromptOf(int label);

    /// <summary>All of it as numbers, as many for each, for exact copies and near ones.</summary>
    float[] Raw(T medium);

    /// <summary>At most 128 numbers that say what it is and how it looks. No served model has a part in them.</summary>
    IReadOnlyList<float[]> Features(IReadOnlyList<T> media, CancellationToken cancellation);

    /// <summary>Trains a small classifier of this modality from nothing, as large as some hundred examples allow.</summary>
    /// <param name="examples">Each with the index of its label.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <param name="asked">What it is then asked.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <returns>The index of the most probable label of each.</returns>
    int[] TrainAndAsk(IReadOnlyList<(T Medium, int Label)> examples, int labels, IReadOnlyList<T> asked, int seed, CancellationToken cancellation);

    /// <summary>As a file: PNG, WAV, APNG.</summary>
    byte[] Write(T medium);

    /// <summary>Reads such a file.</summary>
    T Read(ReadOnlySpan<byte> file);

    /// <summary>What a classifier is asked.</summary>
    ClassifyRequest Question(T medium);

    /// <summary>What prompts say besides the label and can be seen without a network: name, and whether an example has it.</summary>
    IReadOnlyList<(string Name, Func<T, Prompt, bool> Has)> Attributes { get; }
}

/// <summary>The two directions of a modality as they are served.</summary>
internal interface IDirections<T>
{
    /// <summary>The discriminative one: index of the most probable label.</summary>
    Task<int> ClassifyAsync(T medium, CancellationToken cancellation);

    /// <summary>The generative one.</summary>
    Task<T> GenerateAsync(Prompt prompt, ulong seed, CancellationToken cancellation);

    /// <summary>An example as the generator's codes can say it: what is lost by them is lost to whatever is compared with what was generated.</summary>
    Task<T> RecodeAsync(T medium, CancellationToken cancellation);
}

/// <summary>A generative model as a measure of what is probable.</summary>
internal interface ILikelihood<in T>
{
    /// <summary>The codes of an example, from 0.</summary>
    Task<int[]> CodesAsync(T medium, CancellationToken cancellation);

    /// <summary>How many different codes there are.</summary>
    Task<int> CountCodesAsync(CancellationToken cancellation);

    /// <summary>log p(example | prompt), in nats, and of how many tokens.</summary>
    Task<(double LogProbability, int Tokens)> ScoreAsync(T medium, string prompt, CancellationToken cancellation);
}
