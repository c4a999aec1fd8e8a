using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Decoder;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Benchmarks.Folders;

/// <summary>Loads a decoder's folder as the Decoder would, and says what works, how fast, and what does not.</summary>
public static class DecoderCheck
{
    private const int Streams = 8;
    private const int Prompt = 128;
    private const int MaximumRounds = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Checks a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="threads">Of ONNX Runtime; 0: as it likes.</param>
    /// <param name="report">Is told.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    public static void Run(string folder, int threads, FolderReport report, CancellationToken cancellation)
    {
        try
        {
            var options = new DecoderOptions { Slots = Streams, Threads = threads };
            var source = DecoderSource.Open(folder, options);
            report.Add("layout", source.Config.Layout == FolderLayout.GenAi ? $"onnxruntime-genai ({source.Config.ConfigFile})" : $"Hugging Face Optimum ({source.Config.ConfigFile})");
            report.Add("graph", (FormattableString)$"{source.Config.GraphFile}, {source.WeightBytes / 1e6:0.0} MB with its weights");
            using var graph = DecoderGraphLoading.Load(source, options, options.MaximumCacheBytes);
            Describe(graph, source.Config, report);
            FolderContents.DescribeTokenizer(folder, graph.Config.VocabularySize, report);
            FolderContents.DescribeChat(folder, report);
            Measure(graph, report, cancellation);
        }
        catch (ModelFolderException error)
        {
            report.Refuse(error.Message);
        }
        catch (OnnxRuntimeException)
        {
            report.Refuse("the graph failed on some of its own token ids");
        }
    }

    private static void Describe(DecoderGraph graph, DecoderConfig said, FolderReport report)
    {
        var (shape, config) = (graph.Shape, graph.Config);
        var kinds = shape.Caches.Select(static cache => $"{cache.Heads} of {cache.Width}").Distinct();
        report.Add("model", (FormattableString)$"{shape.Caches.Count / 2} layers, key/value heads {string.Join(" and ", kinds)}, vocabulary {config.VocabularySize:N0}, window {config.ContextLength:N0}");
        if (config.ContextLength < said.ContextLength)
        {
            report.Add("", (FormattableString)$"{said.ContextField} promises {said.ContextLength:N0}; the graph changes its rotary table before, which no cache can follow");
        }

        report.Add("ends", $"{string.Join(", ", config.EosTokenIds)}; begins with {config.BosTokenId}");
        report.Add("sampling", Sampling(config.Generation));
        report.Add("weights", graph.WeightFormat);
        report.Add("cache", graph.Form.Obstacle is { } obstacle
            ? (FormattableString)$"copied with every step, {shape.CacheFormat}, {graph.SlotBytes / 1e6:0.00} MB a slot ({obstacle})"
            : $"shared with the attention kernels, {shape.CacheFormat}, {graph.SlotBytes / 1e6:0.00} MB a slot");
        report.Add("batches", graph is CopyingDecoderGraph copying
            ? $"one stream at a time{(copying.StepsBehindPast ? "; behind a past token by token" : "")}"
            : !graph.RunsTogether ? "one stream at a time: the graph has one row"
            : DeterminismProof.IsBatchInvariant(graph) ? "steps of several streams together, with the same bits as alone"
            : "one stream at a time, since together the bits differ; together with Decoder:Deterministic=false");
        report.Add("embeddings", graph.HasHiddenStates ? $"yes, {graph.HiddenSize} wide" : "no: the graph's head is of no kind that lets its input be read");
        report.Add("quantising", graph.QuantizableProducts > 0 ? $"{graph.QuantizableProducts} matrix products can be held in fewer bits (Decoder:WeightFormat)" : "no matrix product has 32-bit weights of its own");
    }

    private static string Sampling(GenerationSettings settings)
    {
        (string Name, IFormattable? Value)[] said =
        [
            ("temperature", settings.Temperature), ("top_k", settings.TopK), ("top_p", settings.TopP), ("min_p", settings.MinP), ("typical_p", settings.TypicalP),
            ("repetition_penalty", settings.RepetitionPenalty), ("min_tokens", settings.MinTokens), ("max_tokens", settings.MaxTokens),
        ];
        var text = string.Join(", ", said.Where(static one => one.Value is not null).Select(static one => $"{one.Name} {one.Value!.ToString(null, CultureInfo.InvariantCulture)}"));
        return text.Length > 0 ? text : "the folder does not say";
    }

    private static void Measure(DecoderGraph graph, FolderReport report, CancellationToken cancellation)
    {
        var prompt = Math.Min(Prompt, graph.Config.ContextLength - 2);
        var ids = Tokens.From(0, prompt).Select(id => id % graph.Config.VocabularySize).ToArray();
        var prefill = Median(() => Fill(0));
        for (var slot = 1; slot < graph.Slots; slot++)
        {
            Fill(slot);
        }

        report.Add("prompt", (FormattableString)$"{prompt} tokens in {prefill * 1e3:0.00} ms: {prompt / prefill:N0} tokens/s");
        var alone = Step(1);
        var together = Step(graph.Slots);
        report.Add("step", (FormattableString)$"{alone * 1e3:0.000} ms alone ({1 / alone:N0} tokens/s), {together * 1e3:0.000} ms for {graph.Slots} streams ({graph.Slots / together:N0} tokens/s)");

        void Fill(int slot)
        {
            for (var at = 0; at < prompt; at += graph.MaximumTokens)
            {
                graph.Prefill(slot, at, ids.AsSpan(at, Math.Min(graph.MaximumTokens, prompt - at)), 1);
            }
        }

        double Step(int width)
        {
            int[] tokens = [.. Enumerable.Repeat(ids[0], width)];
            int[] lengths = [.. Enumerable.Repeat(prompt, width)];
            return Median(() => graph.Decode(tokens, lengths));
        }

        // In seconds. The first run packs weights and binds buffers.
        double Median(Action run)
        {
            run();
            List<double> times = [];
            var began = Stopwatch.GetTimestamp();
            while (times.Count < 3 || (times.Count < MaximumRounds && Stopwatch.GetElapsedTime(began) < Patience))
            {
                cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                run();
                times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }

            return Statistics.Median(times);
        }
    }
}
