using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>Token ids that a caller sends must be those of the model.</summary>
internal static class SequenceValidation
{
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the first that is not.</exception>
    public static void Validate(IReadOnlyList<int> ids, string field, DecoderDescription model)
    {
        for (var index = 0; index < ids.Count; index++)
        {
            if ((uint)ids[index] >= (uint)model.VocabularySize)
            {
                RpcErrors.ThrowInvalidArgument($"{field}[{index}]", $"{ids[index]} is outside the vocabulary, [0, {model.VocabularySize})");
            }
        }
    }
}
