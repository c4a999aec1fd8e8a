namespace GenAiLab.Experiments.Opposites;

/// <summary>All that the experiments of the modalities have in common.</summary>
/// <param name="modality">The data.</param>
/// <param name="classifier">Name of the discriminative model.</param>
/// <param name="generator">Name of the generative model.</param>
/// <param name="criteria">What they have to reach.</param>
/// <param name="plan">How much is drawn.</param>
internal sealed class OppositesRun<T>(IModality<T> modality, string classifier, string generator, OppositesCriteria criteria, OppositesPlan plan)
{
    private const int OnSheet = 12;

    /// <summary>Measures the two directions.</summary>
    /// <param name="context">The lab.</param>
    /// <param name="sheet">Makes a picture of generated examples beside the training examples nearest to them.</param>
    /// <param name="cancellation">Interrupts.</param>
    public async Task<IReadOnlyList<Measurement>> RunAsync(
        ExperimentContext context, Action<string, IReadOnlyList<(T Generated, T Nearest)>> sheet, CancellationToken cancellation)
    {
        var size = context.Quick ? plan.Quickly : plan;
        var served = new ServedDirections<T>(context.Lab, modality, classifier, generator);
        await served.RequireAsync(cancellation);
        var measures = new OppositesMeasures<T>(modality, served, criteria, size, context.Seed, context.Progress);
        var curve = new BayesCurve<T>(modality, served, served, size, context);
        List<Measurement> measurements = [.. await measures.RunAsync(cancellation), .. await curve.RunAsync(cancellation)];
        context.Plots.Add(new ExperimentPlot(
            $"Held-out {modality.Examples}, classified in both directions", "training examples", "accuracy",
            [
                new PlotSeries("generative, by Bayes' rule", PlotForm.Points, [.. curve.Points.Select(static (point, at) => PlotPoint.Of(at, point.Generative))]),
                new PlotSeries("discriminative", PlotForm.Points, [.. curve.Points.Select(static (point, at) => PlotPoint.Of(at, point.Discriminative))]),
            ])
        {
            Categories = [.. curve.Points.Select(static point => point.Examples)],
        });
        if (context.FiguresFolder is { } folder)
        {
            Directory.CreateDirectory(folder);
            sheet(Path.Combine(folder, $"{generator}-nearest.png"), await measures.NearestTrainingAsync(OnSheet, cancellation));
            BayesPlot.Save(Path.Combine(folder, $"{generator}-bayes.png"), modality.Examples, curve.Points);
        }

        return measurements;
    }
}
