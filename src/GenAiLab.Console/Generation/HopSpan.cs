namespace GenAiLab.WebConsole.Generation;

/// <summary>A stretch of a call's time.</summary>
/// <param name="Name">For people.</param>
/// <param name="Kind">tokenizer, queue, decoder or hops.</param>
/// <param name="Start">Since the call began, in nanoseconds.</param>
/// <param name="Length">In nanoseconds.</param>
internal sealed record HopSpan(string Name, string Kind, long Start, long Length)
{
    /// <summary>The hops of a generation in their order: the tokenizer, then for each token what the decoder did and what lay between.</summary>
    /// <param name="run">As far as it has come.</param>
    /// <param name="tokens">Of how many tokens at most.</param>
    public static IReadOnlyList<HopSpan> Of(GenerationRun run, int tokens)
    {
        List<HopSpan> spans = [];
        long at = 0;
        Add("Tokenizer: prompt", "tokenizer", run.Started?.TokenizeNanoseconds ?? 0);
        foreach (var token in run.Tokens.Take(tokens))
        {
            if (token.Timing is not { } timing)
            {
                continue;
            }

            var name = $"token {token.Index + 1}";
            Add($"Queue: {name}", "queue", timing.QueueNanoseconds);
            Add($"Decoder: prefill, {name}", "decoder", timing.PrefillNanoseconds);
            Add($"Decoder: {name}", "decoder", timing.DecodeNanoseconds + timing.SampleNanoseconds);
            Add($"Hops: {name}", "hops", Math.Max(
                0, timing.TotalNanoseconds - timing.QueueNanoseconds - timing.PrefillNanoseconds - timing.DecodeNanoseconds - timing.SampleNanoseconds));
        }

        return spans;

        void Add(string name, string kind, long length)
        {
            if (length > 0)
            {
                spans.Add(new HopSpan(name, kind, at, length));
                at += length;
            }
        }
    }
}
