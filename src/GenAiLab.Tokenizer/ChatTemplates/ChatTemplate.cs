using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// How a vocabulary spells a conversation: a template in Jinja, the language of the chat_template in Hugging Face's
/// tokenizer_config.json, rendered as Transformers renders it. What is left out of Jinja — other templates by include,
/// import and extends, filters for HTML and for people — is refused when the template is read. Immutable.
/// </summary>
internal sealed class ChatTemplate
{
    /// <summary>The longest template, in characters.</summary>
    public const int MaximumSource = 256 * 1024;

    private const string Tools = "tools", ToolCalls = "tool_calls";

    // Templates spell control tokens with these ('<|' + role + '|>'). Any other role is a caller's text.
    private static readonly string[] UsualRoles = ["system", "developer", "user", "assistant", "tool"];

    private readonly IReadOnlyList<Statement> _statements;
    private readonly IReadOnlyDictionary<string, TemplateValue> _tokens;
    private readonly bool _usesTools;
    private readonly TimeProvider _clock;

    private ChatTemplate(IReadOnlyList<Statement> statements, bool usesTools, IReadOnlyDictionary<string, TemplateValue> tokens, TimeProvider clock) =>
        (_statements, _usesTools, _tokens, _clock) = (statements, usesTools, tokens, clock);

    /// <summary>The template that takes this one's place where there are tools; null: this one has none beside it.</summary>
    public ChatTemplate? ForTools { get; private init; }

    /// <summary>Whether it looks at <c>tools</c>; one that does not would leave them out without a word.</summary>
    public bool UsesTools => ForTools?._usesTools ?? _usesTools;

    /// <summary>Whether it looks at the calls of turns; some templates of models that call tools leave it to their users to name the tools.</summary>
    public bool UsesToolCalls { get; private init; }

    /// <param name="source">The template.</param>
    /// <param name="tokens">What bos_token, eos_token and other special tokens stand for, by those names.</param>
    /// <param name="forTools">See <see cref="ForTools"/>.</param>
    /// <param name="clock">Tells the time to a template that asks; null: the machine's.</param>
    /// <exception cref="TemplateSyntaxException">It is damaged or uses more of Jinja than is supported.</exception>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, TemplateValue> tokens, ChatTemplate? forTools = null, TimeProvider? clock = null)
    {
        if (source.Length > MaximumSource)
        {
            throw new TemplateSyntaxException(1, $"{source.Length:N0} characters; at most {MaximumSource:N0}");
        }

        var statements = TemplateParser.Parse(source, out var used, out var keys);
        return new ChatTemplate(statements, used.Contains(Tools), tokens, clock ?? TimeProvider.System)
        {
            ForTools = forTools,
            UsesToolCalls = used.Contains(Tools) || keys.Contains(ToolCalls),
        };
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
        if (tools.Count > 0 && ForTools is { } other)
        {
            return other.Render(turns, tools, addGenerationPrompt, cancellation);
        }

        var scope = new TemplateScope(null);
        foreach (var function in Functions.All)
        {
            scope[function.Name] = new FunctionValue(function);
        }

        foreach (var (name, token) in _tokens)
        {
            scope[name] = token;
        }

        // As Transformers gives them: none where there are none, and otherwise in OpenAI's form. Retrieved documents there are never.
        scope["messages"] = new ListValue([.. turns.Select(static turn => turn.ToValue(UsualRoles))]);
        scope[Tools] = tools.Count == 0 ? NoneValue.Instance : new ListValue([.. tools.Select(static tool => tool.ToValue())]);
        scope["documents"] = NoneValue.Instance;
        scope["add_generation_prompt"] = TruthValue.Of(addGenerationPrompt);
        return new TemplateEvaluator(new RenderBudget(cancellation), _clock).Run(_statements, new TemplateScope(scope));
    }
}
