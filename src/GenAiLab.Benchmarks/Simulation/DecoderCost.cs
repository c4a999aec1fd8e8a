using System.Text.Json;

namespace GenAiLab.Benchmarks.Simulation;

/// <summary>What a decode step costs.</summary>
/// <param name="Width">Streams in it.</param>
/// <param name="Seconds">How long it takes.</param>
public sealed record StepCost(int Width, double Seconds);

/// <summary>What a decoder costs, measured on one machine. Times in seconds.</summary>
/// <param name="Machine">Where it was measured.</param>
/// <param name="Model">With which model.</param>
/// <param name="Slots">KV-cache slots.</param>
/// <param name="ContextLength">Tokens of a slot.</param>
/// <param name="Granularity">Tokens of a chunk of a prompt.</param>
/// <param name="RequestSeconds">Of each request, outside of the decoder: tokenizer, loop, hops.</param>
/// <param name="ChunkSeconds">Of each chunk of a prompt, whatever its length.</param>
/// <param name="PromptTokenSeconds">Of each token of a prompt.</param>
/// <param name="Steps">Of decode steps, by width, ascending; interpolated between, and beyond the last as between the last two.</param>
public sealed record DecoderCost(
    string Machine, string Model, int Slots, int ContextLength, int Granularity,
    double RequestSeconds, double ChunkSeconds, double PromptTokenSeconds, IReadOnlyList<StepCost> Steps)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>A decode step of so many streams; 0 for none.</summary>
    public double Step(int width)
    {
        if (width == 0 || Steps.Count == 1)
        {
            return width == 0 ? 0 : Steps[0].Seconds;
        }

        var upper = 1;
        while (upper < Steps.Count - 1 && Steps[upper].Width < width)
        {
            upper++;
        }

        var (below, above) = (Steps[upper - 1], Steps[upper]);
        return Math.Max(0, below.Seconds + ((above.Seconds - below.Seconds) * (width - below.Width) / (above.Width - below.Width)));
    }

    /// <summary>A chunk of a prompt.</summary>
    public double Chunk(int tokens) => ChunkSeconds + (tokens * PromptTokenSeconds);

    /// <summary>What lies between two measurements of the same decoder: a machine that others use too is not the same for long.</summary>
    public DecoderCost MeanWith(DecoderCost other) => this with
    {
        RequestSeconds = (RequestSeconds + other.RequestSeconds) / 2,
        ChunkSeconds = (ChunkSeconds + other.ChunkSeconds) / 2,
        PromptTokenSeconds = (PromptTokenSeconds + other.PromptTokenSeconds) / 2,
        Steps = [.. Steps.Select(step => step with { Seconds = (step.Seconds + other.Step(step.Width)) / 2 })],
    };

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else, or a number is out of range.</exception>
    public static DecoderCost FromJson(string json)
    {
        try
        {
            var cost = JsonSerializer.Deserialize<DecoderCost>(json, Options);
            return cost is { Steps.Count: > 0, Slots: >= 1 and <= 1024, Granularity: >= 1 and <= 8192, ContextLength: >= 2, RequestSeconds: >= 0, ChunkSeconds: >= 0, PromptTokenSeconds: >= 0 }
                && cost.Steps.All(static step => step is { Width: >= 1, Seconds: > 0 }) && cost.Steps.Zip(cost.Steps.Skip(1)).All(static pair => pair.First.Width < pair.Second.Width)
                ? cost
                : throw new FormatException("the costs of a decoder are incomplete or out of range");
        }
        catch (JsonException error)
        {
            throw new FormatException("the costs of a decoder are no JSON of the form that --calibrate writes", error);
        }
    }
}
