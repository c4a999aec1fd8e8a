using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Tests;

/// <summary>A vocabulary, conversations and a random model that train in seconds.</summary>
internal static class TinyChat
{
    private static readonly string[] Things = ["apple", "sky", "grass", "snow", "coal", "rose", "sun", "sea", "leaf", "milk", "clay", "plum"];
    private static readonly string[] Colours = ["red", "blue", "green", "white", "black", "pink", "gold", "grey"];

    public static ByteLevelBpe Tokenizer { get; } = ByteLevelBpeTrainer.Train(
        Conversations(0, 200).SelectMany(static conversation => conversation.Messages).Select(static message => message.Content).Concat(Documents(1).Take(100)),
        360, ChatFormat.UserToken, ChatFormat.AssistantToken, ChatFormat.EndToken);

    public static ChatFormat Format { get; } = new(Tokenizer);

    public static LlamaConfig Config { get; } = new(Tokenizer.VocabularySize, 32, 2, 2, 1, 16, 64, 64);

    public static LlamaWeights Model(int seed = 1)
    {
        var random = new Random(seed);
        return new LlamaWeights(
            Config,
            Config.Parameters().ToDictionary(
                static item => item.Name,
                item => Enumerable.Range(0, item.Length).Select(_ => item.IsMatrix ? (float)((random.NextDouble() - 0.5) * 0.3) : 1f).ToArray()),
            DecoderFolder.Configuration(Config, 0, 0));
    }

    public static IReadOnlyList<Conversation> Conversations(int seed, int count)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                var thing = Things[random.Next(Things.Length)];
                return new Conversation(
                [
                    new ChatMessage(ChatMessage.User, $"{Colours[random.Next(Colours.Length)]} or what is the colour of the {thing}?"),
                    new ChatMessage(ChatMessage.Assistant, $"The {thing} is {Colours[Array.IndexOf(Things, thing) % Colours.Length]}."),
                ]);
            }),
        ];
    }

    public static IReadOnlyList<TokenizedConversation> Tokenized(int seed, int count) =>
        [.. Conversations(seed, count).Select(static conversation => TokenizedConversation.From(Format, conversation))];

    public static IEnumerable<string> Documents(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            yield return $"Once the {Things[random.Next(Things.Length)]} met the {Things[random.Next(Things.Length)]} and they walked home.";
        }
    }
}
