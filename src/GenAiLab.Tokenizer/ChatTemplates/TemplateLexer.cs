using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// Cuts a template into tokens, with white space as chat templates are written for: a statement swallows the
/// line break after it and the indent before it (trim_blocks, lstrip_blocks), a '-' all white space on its side,
/// and a last line break counts for nothing.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "<", ">", "+", "~", "-", "|", ".", ",", "(", ")", "[", "]", ":", "="];
    private readonly List<TemplateToken> _tokens = [];
    private readonly string _source;
    private int _at;
    private int _line = 1;

    private TemplateLexer(string source) => _source = source;

    /// <summary>The tokens, <see cref="TemplateTokenKind.End"/> last.</summary>
    /// <exception cref="TemplateSyntaxException">A character that is no token, or a tag without an end.</exception>
    public static IReadOnlyList<TemplateToken> Read(string source)
    {
        source = source.ReplaceLineEndings("\n");
        var lexer = new TemplateLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Read();
        return lexer._tokens;
    }

    private void Read()
    {
        while (_at < _source.Length)
        {
            var begin = NextTag();
            ReadText(begin);
            if (begin == _source.Length)
            {
                break;
            }

            var kind = _source[begin + 1];
            Advance(begin + (SignAt(begin + 2) ? 3 : 2));
            switch (kind)
            {
                case '{':
                    ReadTag(TemplateTokenKind.OutputBegin, TemplateTokenKind.OutputEnd, "}}", swallowsLineBreak: false);
                    break;
                case '%':
                    ReadTag(TemplateTokenKind.StatementBegin, TemplateTokenKind.StatementEnd, "%}", swallowsLineBreak: true);
                    break;
                default:
                    var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
                    Advance(end < 0 ? throw new TemplateSyntaxException(_line, "the comment has no end") : end);
                    EndTag("#}", stripped: end > 0 && _source[end - 1] == '-', swallowsLineBreak: true);
                    break;
            }
        }

        Add(TemplateTokenKind.End, "the end");
    }

    private int NextTag()
    {
        for (var at = _at; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
        {
            if (_source[at + 1] is '{' or '%' or '#')
            {
                return at;
            }
        }

        return _source.Length;
    }

    private void ReadText(int end)
    {
        var text = _source.AsSpan(_at, end - _at);
        if (end < _source.Length && SignAt(end + 2))
        {
            text = text.TrimEnd();
        }
        else if (end < _source.Length && _source[end + 1] != '{')
        {
            var indent = text.TrimEnd(" \t").Length;
            var atLineStart = indent > 0 ? text[indent - 1] == '\n' : _at == 0 || _source[_at - 1] == '\n';
            text = atLineStart ? text[..indent] : text;
        }

        if (!text.IsEmpty)
        {
            Add(TemplateTokenKind.Text, text.ToString());
        }

        Advance(end);
    }

    private void ReadTag(TemplateTokenKind begin, TemplateTokenKind endKind, string end, bool swallowsLineBreak)
    {
        Add(begin, "");
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
            {
                Advance(_at + 1);
            }

            if (_at == _source.Length)
            {
                throw new TemplateSyntaxException(_line, $"a tag has no end: '{end}' is missing");
            }

            var stripped = _source[_at] == '-' && _source.AsSpan(_at + 1).StartsWith(end);
            if (stripped || _source.AsSpan(_at).StartsWith(end))
            {
                Add(endKind, end);
                Advance(stripped ? _at + 1 : _at);
                EndTag(end, stripped, swallowsLineBreak);
                return;
            }

            ReadToken();
        }
    }

    private void EndTag(string end, bool stripped, bool swallowsLineBreak)
    {
        Advance(_at + end.Length);
        if (stripped)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
            {
                Advance(_at + 1);
            }
        }
        else if (swallowsLineBreak && _at < _source.Length && _source[_at] == '\n')
        {
            Advance(_at + 1);
        }
    }

    private void ReadToken()
    {
        var first = _source[_at];
        if (first is '\'' or '"')
        {
            ReadLiteral(first);
        }
        else if (char.IsAsciiLetter(first) || first == '_')
        {
            Add(TemplateTokenKind.Name, TakeWhile(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'));
        }
        else if (char.IsAsciiDigit(first))
        {
            Add(TemplateTokenKind.Integer, TakeWhile(char.IsAsciiLetterOrDigit));
        }
        else if (Symbols.FirstOrDefault(symbol => _source.AsSpan(_at).StartsWith(symbol)) is { } symbol)
        {
            Add(TemplateTokenKind.Symbol, symbol);
            Advance(_at + symbol.Length);
        }
        else
        {
            throw TemplateSyntaxException.Unsupported(_line, $"'{first}'");
        }
    }

    private void ReadLiteral(char quote)
    {
        var value = new StringBuilder();
        for (var at = _at + 1; at < _source.Length; at++)
        {
            if (_source[at] == quote)
            {
                Add(TemplateTokenKind.TextLiteral, value.ToString());
                Advance(at + 1);
                return;
            }

            value.Append(_source[at] != '\\' ? _source[at] : ++at < _source.Length ? Unescape(_source[at]) : '\\');
        }

        throw new TemplateSyntaxException(_line, "a text literal has no end");
    }

    private char Unescape(char letter) => letter switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '\\' or '\'' or '"' => letter,
        _ => throw TemplateSyntaxException.Unsupported(_line, $"the escape '\\{letter}'"),
    };

    private string TakeWhile(Func<char, bool> belongs)
    {
        var end = _at;
        while (end < _source.Length && belongs(_source[end]))
        {
            end++;
        }

        var taken = _source[_at..end];
        Advance(end);
        return taken;
    }

    private bool SignAt(int at) => at < _source.Length && _source[at] == '-';

    private void Add(TemplateTokenKind kind, string text) => _tokens.Add(new TemplateToken(kind, text, _line));

    private void Advance(int to)
    {
        _line += _source.AsSpan(_at, to - _at).Count('\n');
        _at = to;
    }
}
