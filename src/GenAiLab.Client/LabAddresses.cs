namespace GenAiLab.Client;

/// <summary>Where the lab's services listen for gRPC; the defaults are those of <c>lab up</c>.</summary>
public sealed record LabAddresses
{
    /// <summary>The orchestrator: generation and models.</summary>
    public Uri Orchestrator { get; init; } = new("http://127.0.0.1:5100");

    /// <summary>More orchestrators like it: each call goes to the next one that can be reached.</summary>
    public IReadOnlyList<Uri> OrchestratorReplicas { get; init; } = [];

    /// <summary>The tokenizer.</summary>
    public Uri Tokenizer { get; init; } = new("http://127.0.0.1:5101");

    /// <summary>The classifier.</summary>
    public Uri Classifier { get; init; } = new("http://127.0.0.1:5102");

    /// <summary>The preferences.</summary>
    public Uri Preferences { get; init; } = new("http://127.0.0.1:5104");
}
