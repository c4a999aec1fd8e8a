using System.Collections.Concurrent;
using System.Diagnostics;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Tests;

/// <summary>The engine's spans belong to the trace of the call, though its loop runs elsewhere.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task QueuePrefillAndDecodeAreSpansOfTheCall()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "GenAiLab.Decoder" or "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using (var host = await DecoderHost.StartAsync())
        {
            using var root = new Activity("test").Start();
            root.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
            await host.GenerateAsync(new GenerateTokensRequest
            {
                Prompt = DecoderHost.Ids(1, 2, 3),
                MaxTokens = 4,
                IgnoreEndOfSequence = true,
                Sampling = new SamplingProgram { Temperature = 0 },
            });
            root.Stop();

            // Other tests run beside this one: only this trace's spans count.
            var own = spans.Where(span => span.TraceId == root.TraceId).ToDictionary(static span => span.OperationName);
            Assert.Equal(3, own["decoder.prefill"].GetTagItem("genailab.tokens"));
            Assert.Equal(3, own["decoder.decode"].GetTagItem("genailab.tokens"));
            Assert.Equal(own["decoder.prefill"].ParentSpanId, own["decoder.decode"].ParentSpanId);
            Assert.Equal(own["decoder.prefill"].ParentSpanId, own["decoder.queue"].ParentSpanId);
            Assert.True(own["decoder.queue"].StartTimeUtc <= own["decoder.prefill"].StartTimeUtc);
            Assert.NotEqual(root.SpanId, own["decoder.prefill"].ParentSpanId);
            Assert.True(own["decoder.prefill"].Duration > TimeSpan.Zero);
        }
    }
}
