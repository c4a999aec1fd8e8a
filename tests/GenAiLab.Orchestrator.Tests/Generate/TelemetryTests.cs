using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Generate;

public sealed class TelemetryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_generation_is_a_span_by_the_GenAI_conventions(bool captureContent)
    {
        using var spans = new Recorder();
        await using var lab = await FakeLab.StartAsync(configuration: ("Telemetry:CaptureContent", captureContent.ToString()));
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.EndOfSequence);

        var generation = await lab.GenerateAsync(new GenerateRequest
        {
            Text = "secret",
            MaxTokens = 9,
            Sampling = new SamplingProgram { Temperature = 0.5f, TopK = 4, TopP = 0.5f, Seed = 7 },
        });

        Assert.Matches("^[0-9a-f]{32}$", generation.Started.TraceId);
        var span = await spans.WaitForAsync(span => span.TraceId.ToHexString() == generation.Started.TraceId);
        Assert.Equal("text_completion fake-base", span.DisplayName);
        Assert.Equal(
            [
                ("gen_ai.operation.name", "text_completion"), ("gen_ai.provider.name", "genailab"),
                ("gen_ai.request.model", "fake-base"), ("gen_ai.response.model", "fake-base"),
                ("gen_ai.request.max_tokens", 9), ("gen_ai.request.temperature", 0.5), ("gen_ai.request.top_k", 4.0),
                ("gen_ai.request.top_p", 0.5), ("gen_ai.request.seed", 7L),
                ("gen_ai.usage.input_tokens", 7), ("gen_ai.usage.output_tokens", 2),
            ],
            new[]
            {
                "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.request.max_tokens",
                "gen_ai.request.temperature", "gen_ai.request.top_k", "gen_ai.request.top_p", "gen_ai.request.seed",
                "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
            }.Select(name => (name, span.GetTagItem(name)!)));
        Assert.Equal(["stop"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        if (captureContent)
        {
            Assert.Equal("""[{"role":"user","parts":[{"type":"text","content":"secret"}]}]""", span.GetTagItem("gen_ai.input.messages"));
            Assert.Equal(
                """[{"role":"assistant","parts":[{"type":"text","content":"Hello"}],"finish_reason":"stop"}]""", span.GetTagItem("gen_ai.output.messages"));
        }
        else
        {
            Assert.DoesNotContain(span.TagObjects, static tag => tag.Value is string text && (text.Contains("secret") || text.Contains("Hello")));
        }
    }

    [Fact]
    public async Task A_conversation_is_a_chat_and_keeps_its_roles()
    {
        using var spans = new Recorder();
        await using var lab = await FakeLab.StartAsync(configuration: ("Telemetry:CaptureContent", "true"));
        var request = new GenerateRequest { MaxTokens = 1, Chat = new ChatMessages() };
        request.Chat.Messages.Add(new ChatMessage { Role = "assistant", Content = "Well?" });
        request.Chat.Messages.Add(new ChatMessage { Role = "user", Content = "No" });

        var generation = await lab.GenerateAsync(request);

        var span = await spans.WaitForAsync(span => span.TraceId.ToHexString() == generation.Started.TraceId);
        Assert.Equal(("chat fake-base", "chat"), (span.DisplayName, span.GetTagItem("gen_ai.operation.name")));
        Assert.Equal(
            """[{"role":"assistant","parts":[{"type":"text","content":"Well?"}]},{"role":"user","parts":[{"type":"text","content":"No"}]}]""",
            span.GetTagItem("gen_ai.input.messages"));
    }

    [Fact]
    public async Task A_generation_is_measured_by_the_GenAI_conventions()
    {
        var description = FakeDecoder.Describe($"measured-{Guid.NewGuid():N}", ModelState.Ready);
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "GenAiLab.Orchestrator")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            // Other tests run beside this one, some by a clock that stands: only this model counts.
            if (tags.ToArray().Any(tag => Equals(tag.Value, description.Name)))
            {
                measured[$"{instrument.Name} {instrument.Unit}"] = value;
            }
        });
        listener.Start();
        await using (var lab = await FakeLab.StartAsync())
        {
            lab.Decoder.Models.Add(description);
            await lab.GenerateAsync(new GenerateRequest { Text = "Hi", Model = description.Name, MaxTokens = 3 });
        }

        Assert.Equal(
            [
                "gen_ai.client.operation.duration s", "gen_ai.client.operation.time_per_output_chunk s",
                "gen_ai.server.time_per_output_token s", "gen_ai.server.time_to_first_token s",
            ],
            measured.Keys.Order(StringComparer.Ordinal));
        Assert.All(measured.Values, static value => Assert.InRange(value, double.Epsilon, 60));
    }

    [Fact]
    public async Task Tokens_are_counted_with_the_reason_of_the_end_and_wasted_only_when_the_caller_leaves()
    {
        var description = FakeDecoder.Describe($"counted-{Guid.NewGuid():N}", ModelState.Ready);
        var counted = new ConcurrentQueue<(string Instrument, long Value)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "GenAiLab.Orchestrator")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            // Other tests run beside this one: only this model counts.
            var labels = tags.ToArray().ToDictionary(static tag => tag.Key, static tag => (string?)tag.Value);
            if (labels.ContainsValue(description.Name))
            {
                counted.Enqueue(($"{instrument.Name} {labels.GetValueOrDefault("genailab.finish_reason") ?? labels.GetValueOrDefault("gen_ai.token.type")}".Trim(), value));
            }
        });
        listener.Start();
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(description);

        await lab.GenerateAsync(new GenerateRequest { Text = "Hi", Model = description.Name, MaxTokens = 3 });

        Assert.Equal(
            [
                ("gen_ai.client.token.usage input", 3), ("gen_ai.client.token.usage output", 3),
                ("genailab.orchestrator.generations max_tokens", 1), ("genailab.orchestrator.wasted_tokens", 0),
            ],
            counted.Order());

        counted.Clear();
        lab.Decoder.BeforeToken = static (generated, cancellation) => generated == 0 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
        using (var leaving = lab.Client.Generate(new GenerateRequest { Text = "Hi", Model = description.Name, MaxTokens = 40 }, cancellationToken: TestContext.Current.CancellationToken))
        {
            // Started, and then a token.
            Assert.True(await leaving.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.True(await leaving.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        await Patience.UntilAsync(() => counted.Any(static count => count.Instrument == "genailab.orchestrator.wasted_tokens"));
        Assert.Contains(("genailab.orchestrator.generations cancelled", 1), counted);
        Assert.Contains(("genailab.orchestrator.wasted_tokens", 1), counted);
    }

    [Fact]
    public async Task A_refused_request_is_an_error_with_its_status()
    {
        using var spans = new Recorder();
        await using var lab = await FakeLab.StartAsync();
        using var source = new ActivitySource("test");

        await lab.FailsAsync(new GenerateRequest { Text = "Hi", Model = "nobody" });

        var span = await spans.WaitForAsync(static span => (string?)span.GetTagItem("error.type") == "NOT_FOUND");
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("nobody", span.GetTagItem("gen_ai.request.model"));
    }

    /// <summary>Records generation spans.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _spans = new();
        private readonly ActivityListener _listener;

        public Recorder()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == "GenAiLab.Orchestrator",
                Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public async Task<Activity> WaitForAsync(Func<Activity, bool> isIt)
        {
            await Patience.UntilAsync(() => _spans.Any(isIt));
            return _spans.First(isIt);
        }

        public void Dispose() => _listener.Dispose();
    }
}
