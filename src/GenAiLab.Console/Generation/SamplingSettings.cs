using GenAiLab.V1;

namespace GenAiLab.WebConsole.Generation;

/// <summary>What the sliders stand at; ranges are those of the contract that make sense on a slider.</summary>
public sealed class SamplingSettings
{
    public double Temperature { get; set; } = 1;

    /// <summary>0: all.</summary>
    public int TopK { get; set; }

    public double TopP { get; set; } = 1;

    public double MinP { get; set; }

    /// <summary>Null: the orchestrator chooses one.</summary>
    public ulong? Seed { get; set; } = 1;

    public int MaximumTokens { get; set; } = 24;

    public SamplingProgram Program()
    {
        var program = new SamplingProgram
        {
            Temperature = (float)Temperature,
            TopK = TopK,
            TopP = (float)TopP,
            MinP = (float)MinP,
        };
        if (Seed is { } seed)
        {
            program.Seed = seed;
        }

        return program;
    }
}
