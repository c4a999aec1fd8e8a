namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>The tokens of a template, one after the other.</summary>
internal sealed class TokenReader(IReadOnlyList<TemplateToken> tokens)
{
    private int _at;

    /// <summary>The token that comes next; the last one stays.</summary>
    public TemplateToken Next => tokens[_at];

    /// <summary>The token after the next.</summary>
    public TemplateToken Second => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public TemplateToken Take()
    {
        var token = tokens[_at];
        _at = Math.Min(_at + 1, tokens.Count - 1);
        return token;
    }

    /// <summary>Whether the next token is this symbol or word.</summary>
    public bool Sees(TemplateTokenKind kind, string text) => Next.Kind == kind && Next.Text == text;

    public bool SeesSymbol(string symbol) => Sees(TemplateTokenKind.Symbol, symbol);

    public bool SeesWord(string word) => Sees(TemplateTokenKind.Name, word);

    public bool AcceptSymbol(string symbol) => Accept(TemplateTokenKind.Symbol, symbol);

    public bool AcceptWord(string word) => Accept(TemplateTokenKind.Name, word);

    public void ExpectSymbol(string symbol)
    {
        if (!AcceptSymbol(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    public void ExpectWord(string word)
    {
        if (!AcceptWord(word))
        {
            throw Unexpected($"'{word}'");
        }
    }

    public string ExpectName() => Next.Kind == TemplateTokenKind.Name ? Take().Text : throw Unexpected("a name");

    public void ExpectEnd(TemplateTokenKind kind)
    {
        if (Next.Kind != kind)
        {
            throw Unexpected("the end of the tag");
        }

        Take();
    }

    public TemplateSyntaxException Unexpected(string expected) => new(Next.Line, $"there should be {expected} where '{Next.Text}' is");

    public TemplateSyntaxException Unsupported(string what) => TemplateSyntaxException.Unsupported(Next.Line, what);

    private bool Accept(TemplateTokenKind kind, string text)
    {
        var sees = Sees(kind, text);
        if (sees)
        {
            Take();
        }

        return sees;
    }
}
