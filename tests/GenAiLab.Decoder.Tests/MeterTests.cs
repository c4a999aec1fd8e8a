using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>The numbers that an operator sees.</summary>
public sealed class MeterTests
{
    private const string Model = "metered";

    [Fact]
    public async Task SlotsAndLineReturnToZeroAndReuseAndWasteAreCounted()
    {
        var sums = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            // Other tests of this process have meters of the same name: the model tells them apart.
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "GenAiLab.Decoder")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();

        await using var host = await DecoderHost.StartAsync(
            static root => TinyModel.Write(root, Model), ("Models:Default", Model), ("Decoder:Slots", "1"), ("Decoder:MaximumWaiting", "1"));
        Assert.Equal(1, Sum("slots"));
        var prompt = Enumerable.Range(1, 20).ToArray();
        var request = new GenerateTokensRequest { Prompt = DecoderHost.Ids(prompt), MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 }, IgnoreEndOfSequence = true };
        await host.GenerateAsync(request);
        await host.GenerateAsync(request);
        Assert.Equal(40, Sum("prefix_cache.lookups"));
        Assert.Equal(16, Sum("prefix_cache.hits"));
        Assert.Equal(0, Sum("wasted_tokens"));
        Assert.Equal(0, Sum("cancelled"));
        // What the second stream left: the last token of an answer is not run.
        while (Sum("kv_cache.used") != 21)
        {
            await Task.Yield();
        }


        // One holds the slot, one waits and leaves, one is refused.
        using var holder = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(holder, DecoderHost.Open([1]));
        using (var leaving = new CancellationTokenSource())
        {
            using var waiting = host.Client.GenerateTokens(request, DecoderHost.Options.WithCancellationToken(leaving.Token));
            while (Sum("waiting") != 1)
            {
                await Task.Yield();
            }

            Assert.Equal(StatusCode.ResourceExhausted, (await DecoderHost.FailureAsync(() => host.GenerateAsync(request))).Code);
            await leaving.CancelAsync();
        }

        while (Sum("waiting") != 0)
        {
            await Task.Yield();
        }

        // Nothing was run for the one that waited.
        Assert.Equal(1, Sum("cancelled"));
        Assert.Equal(0, Sum("wasted_tokens"));
        await holder.RequestStream.CompleteAsync();
        await host.WaitForSlotsInUseAsync(0);
        Assert.Equal(1, Sum("refused"));
        Assert.Equal(0, Sum("slots_in_use"));
        // A stream that its client ended in order was not left.
        Assert.Equal(1, Sum("cancelled"));

        using (var leaving = new CancellationTokenSource())
        {
            using var left = host.Client.Step(DecoderHost.Options.WithCancellationToken(leaving.Token));
            await DecoderHost.ExchangeAsync(left, DecoderHost.Open([7, 8, 9]));
            await leaving.CancelAsync();
            await host.WaitForSlotsInUseAsync(0);
        }

        Assert.Equal(2, Sum("cancelled"));
        Assert.Equal(3, Sum("wasted_tokens"));

        long Sum(string name) => sums.GetValueOrDefault($"genailab.decoder.{name}");

        void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "genailab.model", Value: Model })
                {
                    sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
                }
            }
        }
    }
}
