using GenAiLab.Models.Tokenization;

namespace GenAiLab.Training.Chat;

/// <summary>
/// How a conversation becomes token ids: the training side of the chat template that the Tokenizer service
/// renders. Contents are text in any case: a special token spelled out in one is never read as such.
/// </summary>
public sealed class ChatFormat
{
    /// <summary>Begins a user's turn.</summary>
    public const string UserToken = "<|user|>";

    /// <summary>Begins the assistant's turn.</summary>
    public const string AssistantToken = "<|assistant|>";

    /// <summary>Ends a turn; the end-of-sequence token of a chat model.</summary>
    public const string EndToken = "<|end|>";

    /// <summary><c>chat_template</c> of tokenizer_config.json: the same, in the language of templates (Jinja).</summary>
    public const string Template =
        "{{ bos_token }}{% for message in messages %}"
        + "{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] + '<|end|>' }}"
        + "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>' + message['content'] + '<|end|>' }}"
        + "{% else %}{{ raise_exception('the roles are user and assistant') }}{% endif %}"
        + "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    private readonly ByteLevelBpe _tokenizer;
    private readonly int _begin;
    private readonly int _user;
    private readonly int _assistant;

    /// <param name="tokenizer">A vocabulary with the special tokens of this format.</param>
    /// <exception cref="KeyNotFoundException">One of them is missing.</exception>
    public ChatFormat(ByteLevelBpe tokenizer)
    {
        _tokenizer = tokenizer;
        _begin = tokenizer.SpecialTokens[ByteLevelBpeTrainer.Separator];
        _user = tokenizer.SpecialTokens[UserToken];
        _assistant = tokenizer.SpecialTokens[AssistantToken];
        EndId = tokenizer.SpecialTokens[EndToken];
    }

    /// <summary>Id of <see cref="EndToken"/>.</summary>
    public int EndId { get; }

    /// <summary>The tokens up to where the assistant is to answer.</summary>
    public int[] Prompt(IReadOnlyList<ChatMessage> messages) => [.. Encode(messages).Ids, _assistant];

    /// <summary>The tokens of an answer, its end included.</summary>
    public int[] Answer(string text) => [.. _tokenizer.EncodeIds(text), EndId];

    /// <summary>A whole conversation, and for each token whether the assistant said it (its end included).</summary>
    public (int[] Ids, bool[] Answered) Encode(IReadOnlyList<ChatMessage> messages)
    {
        var ids = new List<int> { _begin };
        var answered = new List<bool> { false };
        foreach (var message in messages)
        {
            var byAssistant = message.Role == ChatMessage.Assistant;
            ids.Add(byAssistant ? _assistant : _user);
            answered.Add(false);
            var content = Answer(message.Content);
            ids.AddRange(content);
            answered.AddRange(Enumerable.Repeat(byAssistant, content.Length));
        }

        return ([.. ids], [.. answered]);
    }
}
