using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Speculation;

public sealed class SpeculationMeterTests
{
    [Fact]
    public async Task Guesses_are_counted_by_model_and_by_who_guessed()
    {
        var description = FakeDecoder.Describe($"guessed-{Guid.NewGuid():N}", ModelState.Ready);
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name.StartsWith("genailab.speculation.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            // Other tests run beside this one: only this model counts.
            var labels = tags.ToArray().ToDictionary(static tag => tag.Key, static tag => (string?)tag.Value);
            if (labels["genailab.model"] == description.Name)
            {
                Assert.Equal(2, labels.Count);
                counted.AddOrUpdate($"{instrument.Name} {labels["genailab.speculation.method"]}", value, (_, before) => before + value);
            }
        });
        listener.Start();
        await using var lab = await FakeLab.StartInProcessAsync(description);

        var finished = (await lab.GenerateAsync(new GenerateRequest
        {
            Model = description.Name,
            Text = "Hi",
            MaxTokens = 30,
            Sampling = new SamplingProgram { Temperature = 0 },
            Speculation = new V1.Speculation { Ngram = new NgramLookup() },
        })).Finished;
        // Without speculation nothing is counted.
        await lab.GenerateAsync(new GenerateRequest { Model = description.Name, Text = "Hi", MaxTokens = 3 });

        Assert.True(finished.AcceptedTokens > 0);
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["genailab.speculation.drafted_tokens ngram"] = finished.DraftedTokens,
                ["genailab.speculation.accepted_tokens ngram"] = finished.AcceptedTokens,
            },
            counted);
    }
}
