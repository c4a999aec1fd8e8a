namespace GenAiLab.Cli.Experiments;

/// <summary>Where each service of a running lab is.</summary>
internal sealed record LabAddressSet(Uri Orchestrator, Uri Tokenizer, Uri Classifier, Uri Decoder);
