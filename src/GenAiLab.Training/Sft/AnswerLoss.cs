using GenAiLab.Models.Llama;
using GenAiLab.Training.Chat;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Sft;

/// <summary>Mean negative log-probability of what the assistant says in given conversations, in nats per token.</summary>
internal sealed class AnswerLoss : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ConversationRows _conversations;
    private readonly int _batch;
    private readonly int _length;

    public AnswerLoss(LlamaConfig config, IReadOnlyList<TokenizedConversation> conversations, int batch, int length, int filler, int threads)
    {
        (_batch, _length) = (batch, length);
        _conversations = new ConversationRows(conversations, batch, length, filler, seed: null);
        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(SftGraph.WeightedSum(config, batch, length).ToByteArray(), options);
    }

    /// <summary>The mean over all tokens of all answers, their ends included.</summary>
    public double Measure(ReadOnlySpan<float> parameters)
    {
        var flat = parameters.ToArray();
        var (ids, targets, weights) = (new long[_length * _batch], new long[_length * _batch], new float[_length * _batch]);
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(flat, [flat.Length]);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [ids.Length]);
        using var targetValue = OrtValue.CreateTensorValueFromMemory(targets, [targets.Length]);
        using var weightValue = OrtValue.CreateTensorValueFromMemory(weights, [weights.Length]);
        using var run = new RunOptions();
        double sum = 0, tokens = 0;
        for (var step = 0; step < _conversations.StepsOfFirstEpoch; step++)
        {
            _conversations.Fill(step, wrap: false, ids, targets, weights, _batch);
            using var outputs = _session.Run(
                run, ["parameters", "ids", "targets", "token_weights"], [parameterValue, idValue, targetValue, weightValue], ["sum"]);
            sum += outputs[0].GetTensorDataAsSpan<float>()[0];
            tokens += weights.Sum();
        }

        return sum / tokens;
    }

    public void Dispose() => _session.Dispose();
}
