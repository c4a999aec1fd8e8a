using GenAiLab.Cli.Chaos;

namespace GenAiLab.Cli.Soak;

/// <summary>What the services held at one moment of a run.</summary>
/// <param name="At">Since the first request.</param>
/// <param name="Services">By service.</param>
/// <param name="Slots">Slots in use and streams that wait for one, of all models of the decoder.</param>
internal sealed record SoakSample(TimeSpan At, IReadOnlyDictionary<string, ProcessFootprint> Services, int Slots)
{
    /// <summary>What they hold now.</summary>
    /// <exception cref="Commands.CommandException">This system does not tell, or a service has ended.</exception>
    public static async Task<SoakSample> TakeAsync(SoakLab lab, TimeSpan at, CancellationToken cancellation) => new(
        at,
        SoakLab.Services.ToDictionary(static service => service, service => ProcessFootprint.Read(lab.Process(service).Id)
            ?? throw new Commands.CommandException($"/proc has nothing on the {service}: it has ended, or this is not Linux")),
        await lab.SlotsAsync(cancellation));
}
