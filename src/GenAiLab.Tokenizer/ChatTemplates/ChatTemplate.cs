namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// How a vocabulary spells a conversation: a template in a subset of Jinja, the language of the chat_template in
/// Hugging Face's tokenizer_config.json. The subset is text, output, for, if and set; comparisons, and, or, not,
/// in, +, - and ~; literals, members and slices; the filters trim, upper, lower, length, default and tojson; the tests
/// defined, none, string and mapping; raise_exception. Everything else is refused when the template is read. Immutable.
/// </summary>
internal sealed class ChatTemplate
{
    /// <summary>The longest template, in characters.</summary>
    public const int MaximumSource = 64 * 1024;

    private const string Messages = "messages", BeginToken = "bos_token", EndToken = "eos_token", AddGenerationPrompt = "add_generation_prompt", Tools = "tools";

    // Templates spell control tokens with these ('<|' + role + '|>'). Any other role is a caller's text.
    private static readonly string[] UsualRoles = ["system", "developer", "user", "assistant", "tool"];

    private readonly IReadOnlyList<Statement> _statements;
    private readonly TextValue _beginToken;
    private readonly TextValue _endToken;

    private ChatTemplate(IReadOnlyList<Statement> statements, bool usesTools, TextValue beginToken, TextValue endToken) =>
        (_statements, UsesTools, _beginToken, _endToken) = (statements, usesTools, beginToken, endToken);

    /// <summary>Whether it looks at <c>tools</c>; one that does not would leave them out without a word.</summary>
    public bool UsesTools { get; }

    /// <param name="source">The template.</param>
    /// <param name="beginToken">What bos_token stands for.</param>
    /// <param name="endToken">What eos_token stands for.</param>
    /// <exception cref="TemplateSyntaxException">It is damaged or uses more of Jinja than is supported.</exception>
    public static ChatTemplate Parse(string source, string beginToken, string endToken)
    {
        if (source.Length > MaximumSource)
        {
            throw new TemplateSyntaxException(1, $"{source.Length:N0} characters; at most {MaximumSource:N0}");
        }

        var statements = TemplateParser.Parse(source, [Messages, BeginToken, EndToken, AddGenerationPrompt, Tools], out var used);
        return new ChatTemplate(statements, used.Contains(Tools), TextValue.Trusted(beginToken), TextValue.Trusted(endToken));
    }

    /// <summary>The conversation as text that knows which parts came from the template.</summary>
    /// <param name="turns">Oldest first.</param>
    /// <param name="tools">What the model may call; those of a template that does not use them are not seen.</param>
    /// <param name="addGenerationPrompt">Whether the assistant's turn is to begin.</param>
    /// <param name="cancellation">Looked at on the way.</param>
    /// <exception cref="TemplateRenderException">The template refuses these messages, or cannot render them within the limits.</exception>
    public TextValue Render(
        IReadOnlyList<ChatTurn> turns, IReadOnlyList<ChatTool> tools, bool addGenerationPrompt, CancellationToken cancellation)
    {
        var scope = new TemplateScope(null)
        {
            [Messages] = new ListValue([.. turns.Select(static turn => ToValue(turn))]),
            [BeginToken] = _beginToken,
            [EndToken] = _endToken,
            [AddGenerationPrompt] = new TruthValue(addGenerationPrompt),
            // As Transformers gives them: none where there are none, and otherwise in OpenAI's form.
            [Tools] = tools.Count == 0 ? NoneValue.Instance : new ListValue([.. tools.Select(static tool => tool.ToValue())]),
        };
        return new TemplateEvaluator(new RenderBudget(cancellation)).Run(_statements, scope);
    }

    private static MapValue ToValue(ChatTurn turn)
    {
        var entries = new Dictionary<string, TemplateValue>
        {
            ["role"] = UsualRoles.Contains(turn.Role) ? TextValue.Trusted(turn.Role) : TextValue.Untrusted(turn.Role),
            ["content"] = turn.Content is { } content ? TextValue.Untrusted(content) : NoneValue.Instance,
        };
        if (turn.ToolCalls.Count > 0)
        {
            entries["tool_calls"] = new ListValue([.. turn.ToolCalls.Select(static call => call.ToValue())]);
        }

        if (turn.ToolCallId.Length > 0)
        {
            entries["tool_call_id"] = TextValue.Untrusted(turn.ToolCallId);
        }

        return new MapValue(entries);
    }
}
