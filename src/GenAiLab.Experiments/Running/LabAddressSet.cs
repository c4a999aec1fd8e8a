namespace GenAiLab.Experiments.Running;

/// <summary>Where each service of a running lab is.</summary>
public sealed record LabAddressSet(Uri Orchestrator, Uri Tokenizer, Uri Classifier, Uri Decoder);
