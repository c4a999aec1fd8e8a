using GenAiLab.Cli.Soak.Requests;

namespace GenAiLab.Cli.Soak;

/// <summary>
/// All methods of all services and all modalities, as far as there are models. Left out: <c>DecoderControl.Drain</c>, from which there is no
/// way back.
/// </summary>
internal static class SoakMix
{
    /// <summary>Different requests of each kind.</summary>
    public const int Variants = 3;

    private static readonly IReadOnlyList<SoakKind> All =
    [
        .. GenerationRequests.Kinds, .. DecoderRequests.Kinds, .. TokenizerRequests.Kinds, .. MediaRequests.Kinds, .. ClassifierRequests.Kinds, .. PreferenceRequests.Kinds,
    ];

    /// <summary>Those for which there are models.</summary>
    /// <param name="models">Names of the model folders.</param>
    public static IReadOnlyList<SoakKind> For(IReadOnlySet<string> models) => [.. All.Where(kind => kind.Models.All(models.Contains))];

    /// <summary>Draws a kind by the weights.</summary>
    /// <param name="kinds">At least one that is not exclusive.</param>
    /// <param name="isFirst">Whether it is the client that may draw exclusive ones.</param>
    /// <param name="random">Drawn from once.</param>
    public static SoakKind Draw(IReadOnlyList<SoakKind> kinds, bool isFirst, Random random)
    {
        List<SoakKind> open = [.. kinds.Where(kind => isFirst || !kind.IsExclusive)];
        var at = random.Next(open.Sum(static kind => kind.Weight));
        foreach (var kind in open)
        {
            at -= kind.Weight;
            if (at < 0)
            {
                return kind;
            }
        }

        throw new ArgumentException("no kind to draw from", nameof(kinds));
    }
}
