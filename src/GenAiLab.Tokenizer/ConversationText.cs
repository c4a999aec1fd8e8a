using GenAiLab.ServiceDefaults;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.Vocabularies;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer;

/// <summary>A conversation that was checked, with the vocabulary that spells it.</summary>
internal sealed class ConversationText
{
    private readonly FolderVocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private readonly IReadOnlyList<ChatTurn> _turns;
    private readonly IReadOnlyList<ChatTool> _tools;
    private readonly string _field;

    private ConversationText(
        FolderVocabulary vocabulary, ChatTemplate template, IReadOnlyList<ChatTurn> turns, IReadOnlyList<ChatTool> tools, string field) =>
        (_vocabulary, _template, _turns, _tools, _field) = (vocabulary, template, turns, tools, field);

    /// <summary>The turns, oldest first.</summary>
    public IReadOnlyList<ChatTurn> Turns => _turns;

    /// <summary>Checks a conversation and that the vocabulary has a template for it.</summary>
    /// <param name="vocabulary">What is to spell it.</param>
    /// <param name="messages">Its turns, oldest first.</param>
    /// <param name="givenTools">What the model may call.</param>
    /// <param name="field">What holds both, with a dot behind; empty: the request itself.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field, or FAILED_PRECONDITION.</exception>
    public static ConversationText Check(IVocabulary vocabulary, IReadOnlyList<ChatMessage> messages, IReadOnlyList<Tool> givenTools, string field = "")
    {
        var turns = RequestText.Check($"{field}messages", messages);
        var tools = ToolText.Check($"{field}tools", givenTools);
        if (vocabulary is not FolderVocabulary { ChatTemplate: { } template } folder)
        {
            var refused = (vocabulary as FolderVocabulary)?.ChatTemplateFailure;
            throw RpcErrors.FailedPrecondition(refused is null
                ? $"vocabulary '{vocabulary.Name}' has no chat template: send a text instead"
                : $"vocabulary '{vocabulary.Name}' takes no conversations: {refused}");
        }

        return (tools.Count == 0 || template.UsesTools) && (template.UsesToolCalls || turns.All(static turn => turn.ToolCalls.Count == 0))
            ? new ConversationText(folder, template, turns, tools, $"{field}messages")
            : throw RpcErrors.FailedPrecondition($"the chat template of vocabulary '{vocabulary.Name}' does not carry tools");
    }

    /// <summary>The same conversation without some of its turns.</summary>
    public ConversationText Without(IReadOnlyCollection<int> left) =>
        new(_vocabulary, _template, [.. _turns.Where((_, index) => !left.Contains(index))], _tools, _field);

    /// <summary>The conversation as the template spells it.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the template refuses it.</exception>
    public TextValue Render(bool addGenerationPrompt, CancellationToken cancellation)
    {
        try
        {
            return _template.Render(_turns, _tools, addGenerationPrompt, cancellation);
        }
        catch (TemplateRenderException error)
        {
            throw RpcErrors.InvalidArgument(_field, $"the chat template refuses them: {error.Message}");
        }
    }

    /// <summary>The tokens of what <see cref="Render"/> gave.</summary>
    public IReadOnlyList<EncodedToken> Encode(TextValue rendered, CancellationToken cancellation) => _vocabulary.Encode(rendered, cancellation);

    /// <summary>How many tokens it has, with what begins the assistant's turn.</summary>
    public int Count(CancellationToken cancellation) => Encode(Render(addGenerationPrompt: true, cancellation), cancellation).Count;

    /// <summary>Words of the contents.</summary>
    public int Words() => _turns.Sum(static turn => WordCount.Of(turn.Content));
}
