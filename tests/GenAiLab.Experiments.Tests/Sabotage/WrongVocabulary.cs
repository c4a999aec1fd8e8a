using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A tokenizer that answers for another vocabulary.</summary>
public sealed class WrongVocabulary : BrokenCalls
{
    protected override object OnRequest(object request) => request is EncodeRequest { Vocabulary: "cl100k_base" } encode
        ? new EncodeRequest(encode) { Vocabulary = "lab-base" }
        : request;
}
