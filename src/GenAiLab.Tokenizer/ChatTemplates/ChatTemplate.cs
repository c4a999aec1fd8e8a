namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>One message of a conversation.</summary>
internal readonly record struct ChatTurn(string Role, string Content);

/// <summary>
/// How a vocabulary spells a conversation: a template in a subset of Jinja, the language of the chat_template in
/// Hugging Face's tokenizer_config.json. The subset is text, output, for, if and set; comparisons, and, or, not,
/// in, + and ~; literals, members and slices; the filters trim, upper, lower, length and default; the tests
/// defined and none; raise_exception. Everything else is refused when the template is read. Immutable.
/// </summary>
internal sealed class ChatTemplate
{
    /// <summary>The longest template, in characters.</summary>
    public const int MaximumSource = 64 * 1024;

    private const string Messages = "messages", BeginToken = "bos_token", EndToken = "eos_token", AddGenerationPrompt = "add_generation_prompt";

    // Templates spell control tokens with these ('<|' + role + '|>'). Any other role is a caller's text.
    private static readonly string[] UsualRoles = ["system", "developer", "user", "assistant", "tool"];

    private readonly IReadOnlyList<Statement> _statements;
    private readonly TextValue _beginToken;
    private readonly TextValue _endToken;

    private ChatTemplate(IReadOnlyList<Statement> statements, TextValue beginToken, TextValue endToken) =>
        (_statements, _beginToken, _endToken) = (statements, beginToken, endToken);

    /// <param name="source">The template.</param>
    /// <param name="beginToken">What bos_token stands for.</param>
    /// <param name="endToken">What eos_token stands for.</param>
    /// <exception cref="TemplateSyntaxException">It is damaged or uses more of Jinja than is supported.</exception>
    public static ChatTemplate Parse(string source, string beginToken, string endToken) => source.Length > MaximumSource
        ? throw new TemplateSyntaxException(1, $"{source.Length:N0} characters; at most {MaximumSource:N0}")
        : new ChatTemplate(
            TemplateParser.Parse(source, [Messages, BeginToken, EndToken, AddGenerationPrompt]),
            TextValue.Trusted(beginToken),
            TextValue.Trusted(endToken));

    /// <summary>The conversation as text that knows which parts came from the template.</summary>
    /// <param name="turns">Oldest first.</param>
    /// <param name="addGenerationPrompt">Whether the assistant's turn is to begin.</param>
    /// <param name="cancellation">Looked at on the way.</param>
    /// <exception cref="TemplateRenderException">The template refuses these messages, or cannot render them within the limits.</exception>
    public TextValue Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt, CancellationToken cancellation)
    {
        var scope = new TemplateScope(null)
        {
            [Messages] = new ListValue([.. turns.Select(static turn => new MapValue(new Dictionary<string, TemplateValue>
            {
                ["role"] = UsualRoles.Contains(turn.Role) ? TextValue.Trusted(turn.Role) : TextValue.Untrusted(turn.Role),
                ["content"] = TextValue.Untrusted(turn.Content),
            }))]),
            [BeginToken] = _beginToken,
            [EndToken] = _endToken,
            [AddGenerationPrompt] = new TruthValue(addGenerationPrompt),
        };
        return new TemplateEvaluator(new RenderBudget(cancellation)).Run(_statements, scope);
    }
}
