using GenAiLab.Experiments.Calls;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Experiments;

/// <summary>A document that training did not see, as a model reads it.</summary>
/// <param name="Text">The document.</param>
/// <param name="Ids">Its tokens, the beginning-of-sequence token first.</param>
internal sealed record HeldOutDocument(string Text, int[] Ids);

/// <summary>Text of the lab world that no training saw.</summary>
internal static class HeldOutText
{
    /// <summary>The world of the committed models.</summary>
    public const int WorldSeed = 1;

    /// <summary>Documents in an order drawn from the experiment's seed.</summary>
    /// <param name="context">The lab and the seed.</param>
    /// <param name="model">Whose vocabulary and whose window count: longer documents are left out.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellation">Ends the calls.</param>
    public static async Task<HeldOutDocument[]> TakeAsync(ExperimentContext context, string model, int most, CancellationToken cancellation)
    {
        var description = await context.Lab.DescribeAsync(model, cancellation);
        var texts = new LabWorld(WorldSeed).HeldOutDocuments().ToArray();
        new Random(context.Seed).Shuffle(texts);
        var documents = await Concurrently.SelectAsync(
            texts[..Math.Min(most, texts.Length)],
            async (text, cancelled) => new HeldOutDocument(text, await context.Lab.EncodeAsync(description.Vocabulary, text, special: true, cancelled)),
            cancellation);
        return [.. documents.Where(document => document.Ids.Length >= 2 && document.Ids.Length < description.ContextLength)];
    }

    /// <summary>The first words of held-out documents: prompts that a model can go on from.</summary>
    public static string[] Prompts(ExperimentContext context, int count, int words)
    {
        var texts = new LabWorld(WorldSeed).HeldOutDocuments().ToArray();
        new Random(context.Seed).Shuffle(texts);
        return [.. texts.Select(text => string.Join(' ', text.Split(' ').Take(words))).Distinct().Take(count)];
    }
}
