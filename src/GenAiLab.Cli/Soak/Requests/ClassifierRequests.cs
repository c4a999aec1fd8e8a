using GenAiLab.V1;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>One look: p(label | input), of texts, pictures, sounds and films.</summary>
internal static class ClassifierRequests
{
    private static readonly string[] Texts = ["The football team won the match.", "How do I bake a cake?", "Stocks fell on Monday."];

    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        Classify("classify text", 2, "lab-topics", static variant => new ClassifyRequest { Text = Texts[variant] }),
        Classify("classify picture", 1, "lab-see", static variant => new ClassifyRequest { Image = SampleMedia.Picture(variant) }),
        Classify("classify sound", 1, "lab-hear", static variant => new ClassifyRequest { Sound = SampleMedia.Sound(variant) }),
        Classify("classify film", 1, "lab-watch", static variant => new ClassifyRequest { Film = SampleMedia.Film(variant) }),
        new SoakKind("list classifiers", 1, static async (lab, _, cancellation) =>
        {
            await lab.Classifier.ListClassifiersAsync(new ListClassifiersRequest(), cancellationToken: cancellation);
            return "";
        }),
    ];

    private static SoakKind Classify(string name, int weight, string model, Func<int, ClassifyRequest> create) => new(
        name, weight, async (lab, variant, cancellation) =>
        {
            var request = create(variant);
            (request.Model, request.Top) = (model, 1);
            return (await lab.Classifier.ClassifyAsync(request, cancellationToken: cancellation)).Labels[0].Label;
        })
    {
        Models = [model],
    };
}
