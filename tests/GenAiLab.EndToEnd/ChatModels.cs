using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using Google.Protobuf;

namespace GenAiLab.EndToEnd;

/// <summary>A models folder with two models of random weights and one vocabulary: lab-base continues texts, lab-chat has a chat template.</summary>
internal sealed class ChatModels : IDisposable
{
    public const int ContextLength = 64;

    private readonly int _contextLength;

    public ChatModels(int contextLength = ContextLength)
    {
        _contextLength = contextLength;
        var vocabulary = ByteLevelBpeTrainer.Train(
            ["What is the capital of France? My name is Ada."], 264, ChatFormat.UserToken, ChatFormat.AssistantToken, ChatFormat.EndToken);
        Write("lab-base", vocabulary, template: null, endOfSequence: 0);
        Write("lab-chat", vocabulary, ChatFormat.Template, vocabulary.SpecialTokens[ChatFormat.EndToken]);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("genailab-chat-models-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Write(string name, ByteLevelBpe vocabulary, string? template, int endOfSequence)
    {
        var config = new LlamaConfig(
            VocabularySize: vocabulary.VocabularySize, HiddenSize: 32, Layers: 1, Heads: 2, KeyValueHeads: 1, HeadSize: 16, IntermediateSize: 48, ContextLength: _contextLength);
        var random = new Random(7);
        var graph = LlamaServingGraph.Build(config, config.Parameters().ToDictionary(
            static parameter => parameter.Name,
            parameter => Enumerable.Range(0, parameter.Length).Select(_ => parameter.IsMatrix ? (random.NextSingle() - 0.5f) * 1.2f : 1f).ToArray()));
        var folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), graph.ToByteArray());
        File.WriteAllText(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.ToJson(new DecoderConfig
        {
            BosTokenId = 0,
            PadTokenId = 0,
            EosTokenIds = [endOfSequence],
            ContextLength = _contextLength,
            VocabularySize = config.VocabularySize,
            HeadSize = config.HeadSize,
            HiddenSize = config.HiddenSize,
            Heads = config.Heads,
            KeyValueHeads = config.KeyValueHeads,
            Layers = config.Layers,
        }));
        vocabulary.Save(folder, template, template is null ? null : ChatFormat.EndToken);
    }
}
