using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.TransformersJs;

/// <summary>What to measure.</summary>
/// <param name="Model">The reference weights.</param>
/// <param name="Formats">Of the weights of both sides; the peer gets the graph that the lab writes for each.</param>
/// <param name="Threads">Of both sides.</param>
/// <param name="Rounds">Times that each figure is taken; the median counts.</param>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Tokens">Tokens generated; the first of them is not timed.</param>
/// <param name="Work">Where weights and the peer are kept.</param>
public sealed record TransformersBenchmarkOptions(
    ReferenceModel Model, IReadOnlyList<WeightFormat> Formats, int Threads, int Rounds, int Prompt, int Tokens, string Work);

/// <summary>
/// One greedy stream of the lab's engine, scheduler and sampler included, beside one of transformers.js on
/// onnxruntime-node: the same weights, in turn in every round.
/// </summary>
public static class TransformersBenchmark
{
    /// <summary>Runs it.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Is told each result.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The peer cannot be had, or it failed.</exception>
    public static async Task<IReadOnlyList<Comparison>> RunAsync(TransformersBenchmarkOptions options, Action<string> progress, CancellationToken cancellation)
    {
        List<Comparison> results = [];
        var peer = await TransformersProcess.InstallAsync(options.Work, cancellation);
        var folder = options.Model.WriteFolder(options.Work);
        var prompt = LocalGeneration.Prompt(options.Prompt).ToArray();
        foreach (var format in options.Formats)
        {
            // A format that exists only in the lab's engine meets the peer's nearest.
            var peerFormat = format == WeightFormat.Int8PerRow ? WeightFormat.Int8 : format;
            await using var own = new LocalGeneration(folder, options.Threads, spinning: true, format.Name());
            await using var other = await TransformersProcess.StartAsync(
                peer, TransformersFolder.Write(folder, options.Model.Config, peerFormat, options.Work), options.Threads, cancellation);
            List<double> rates = [], peerRates = [];

            // The first round warms up, and shows that both run the same model.
            for (var round = -1; round < options.Rounds; round++)
            {
                var mine = await own.EngineAsync(options.Prompt, options.Tokens, cancellation);
                var theirs = await other.GenerateAsync(prompt, options.Tokens, cancellation);
                if (round < 0)
                {
                    var same = own.Greedy(options.Prompt, options.Tokens).Zip(theirs.Ids).TakeWhile(static pair => pair.First == pair.Second).Count();
                    progress($"{options.Model.Name} {format.Name()}: the first {same} of {options.Tokens} tokens of both sides are the same");
                    continue;
                }

                rates.Add(mine.Rate);
                peerRates.Add((options.Tokens - 1) / theirs.Seconds);
            }

            results.Add(new Comparison(
                options.Model.Name, format.Name(), $"one stream after {options.Prompt}", rates, $"transformers.js {other.Version}, {peerFormat.Name()}", peerRates, 0, null));
            progress(results[^1].ToString());
        }

        return results;
    }
}
