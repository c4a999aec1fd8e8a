using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>Memory of a decoder that loads its model again and again, on whichever thread of a pool.</summary>
public sealed class NativeHeapTests : IDisposable
{
    private const int First = 10;
    private const int Reloads = 40;

    // It goes up and down by ten; where nothing is given back it is 50 more.
    private const long Most = 30 << 20;

    private readonly CopiedModels _models = new("lab-base");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_model_held_is_given_back_to_the_system()
    {
        using var ports = new HeldPorts(1);
        await using var decoder = await ServiceProcess.StartAsync(
            "decoder", new Uri($"http://127.0.0.1:{ports.Numbers[0]}"),
            [new("Models:Root", _models.Root), new("Decoder:Threads", "1"), new("Logging:LogLevel:Default", "Warning")], Cancellation);
        await ReloadAsync(First);
        var before = decoder.WorkingSet;

        await ReloadAsync(Reloads);

        Assert.InRange(decoder.WorkingSet - before, long.MinValue, Most);

        async Task ReloadAsync(int times)
        {
            var control = new DecoderControl.DecoderControlClient(decoder.Channel);
            for (var reload = 0; reload < times; reload++)
            {
                await control.LoadDecoderAsync(new LoadDecoderRequest { Model = "lab-base", Reload = true }, cancellationToken: Cancellation);
            }
        }
    }

    public void Dispose() => _models.Dispose();
}
