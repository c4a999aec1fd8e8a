using System.Text.RegularExpressions;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Syntax;

/// <summary>
/// Cuts a template into tokens, with white space as chat templates are written for: a statement swallows the
/// line break after it and the indent before it (trim_blocks, lstrip_blocks), a '-' all white space on its side, a '+'
/// none, and a last line break counts for nothing.
/// </summary>
internal sealed partial class TemplateLexer
{
    private const string Pairs = "()[]{}";

    // Those of several characters first.
    private static readonly string[] Symbols =
        ["//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", "<", ">", "=", ".", ":", "|", ",", ";"];

    private readonly List<TemplateToken> _tokens = [];
    private readonly Stack<char> _open = [];
    private readonly string _source;
    private int _at;
    private int _line = 1;

    private TemplateLexer(string source) => _source = source;

    /// <summary>The tokens, <see cref="TemplateTokenKind.End"/> last.</summary>
    /// <exception cref="TemplateSyntaxException">A character that is no token, or a tag without an end.</exception>
    public static IReadOnlyList<TemplateToken> Read(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
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

            if (RawBegin().Match(_source, begin) is { Success: true } raw)
            {
                Advance(begin + raw.Length);
                ReadRaw();
                continue;
            }

            var kind = _source[begin + 1];
            Advance(begin + (SignAt(begin + 2) is null ? 2 : 3));
            switch (kind)
            {
                case '{':
                    ReadTag(TemplateTokenKind.OutputBegin, TemplateTokenKind.OutputEnd, "}}", isOutput: true);
                    break;
                case '%':
                    ReadTag(TemplateTokenKind.StatementBegin, TemplateTokenKind.StatementEnd, "%}", isOutput: false);
                    break;
                default:
                    var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
                    Advance(end < 0 ? throw new TemplateSyntaxException(_line, "the comment has no end") : end);
                    EndTag("#}", end > 0 ? SignAt(end - 1) : null, isOutput: false);
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

    // What stands before a tag at `end`, without the white space that the tag takes away.
    private void ReadText(int end)
    {
        AddText(_source.AsSpan(_at, end - _at), end);
        Advance(end);
    }

    private void AddText(ReadOnlySpan<char> text, int tag)
    {
        if (tag < _source.Length)
        {
            var sign = SignAt(tag + 2);
            if (sign == '-')
            {
                text = TrimEnd(text);
            }
            else if (sign is null && _source[tag + 1] != '{')
            {
                var line = text.LastIndexOf('\n') + 1;
                if ((line > 0 || _at == 0 || _source[_at - 1] == '\n') && TrimEnd(text[line..]).IsEmpty)
                {
                    text = text[..line];
                }
            }
        }

        if (!text.IsEmpty)
        {
            Add(TemplateTokenKind.Text, text.ToString());
        }
    }

    private void ReadRaw()
    {
        var end = RawEnd().Match(_source, _at);
        if (!end.Success)
        {
            throw new TemplateSyntaxException(_line, "'endraw' is missing");
        }

        AddText(_source.AsSpan(_at, end.Index - _at), end.Index);
        Advance(end.Index + end.Length);
    }

    private void ReadTag(TemplateTokenKind begin, TemplateTokenKind endKind, string end, bool isOutput)
    {
        Add(begin, "");
        while (true)
        {
            SkipWhiteSpace();
            if (_at == _source.Length)
            {
                throw new TemplateSyntaxException(_line, $"a tag has no end: '{end}' is missing");
            }

            if (_open.Count == 0)
            {
                var sign = SignAt(_at);
                if (sign is { } given && !(isOutput && given == '+') && _source.AsSpan(_at + 1).StartsWith(end))
                {
                    Add(endKind, end);
                    Advance(_at + 1);
                    EndTag(end, sign, isOutput);
                    return;
                }

                if (_source.AsSpan(_at).StartsWith(end))
                {
                    Add(endKind, end);
                    EndTag(end, null, isOutput);
                    return;
                }
            }

            ReadToken();
        }
    }

    private void EndTag(string end, char? sign, bool isOutput)
    {
        Advance(_at + end.Length);
        if (sign == '-')
        {
            SkipWhiteSpace();
        }
        else if (sign is null && !isOutput && _at < _source.Length && _source[_at] == '\n')
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
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (char.IsLetter(first) || first == '_')
        {
            Add(TemplateTokenKind.Name, TakeWhile(static letter => char.IsLetterOrDigit(letter) || letter == '_'));
        }
        else if (Symbols.FirstOrDefault(symbol => _source.AsSpan(_at).StartsWith(symbol)) is { } symbol)
        {
            Balance(symbol[0]);
            Add(TemplateTokenKind.Symbol, symbol);
            Advance(_at + symbol.Length);
        }
        else
        {
            throw TemplateSyntaxException.Unsupported(_line, $"'{first}'");
        }
    }

    private void Balance(char symbol)
    {
        var kind = Pairs.IndexOf(symbol, StringComparison.Ordinal);
        if (kind < 0)
        {
            return;
        }

        if (kind % 2 == 0)
        {
            _open.Push(Pairs[kind + 1]);
        }
        else if (!_open.TryPop(out var expected) || expected != symbol)
        {
            throw new TemplateSyntaxException(_line, $"'{symbol}' closes nothing");
        }
    }

    private void ReadNumber()
    {
        var isFloat = _at == 0 || _source[_at - 1] != '.';
        var match = isFloat ? Float().Match(_source, _at) : Match.Empty;
        var kind = match.Success ? TemplateTokenKind.Float : TemplateTokenKind.Integer;
        match = match.Success ? match : Integer().Match(_source, _at);
        Add(kind, match.Value.Replace("_", "", StringComparison.Ordinal));
        Advance(_at + match.Length);
    }

    private void ReadLiteral(char quote)
    {
        for (var at = _at + 1; at < _source.Length; at++)
        {
            if (_source[at] == quote)
            {
                Add(TemplateTokenKind.TextLiteral, TextLiteral.Unescape(_source.AsSpan(_at + 1, at - _at - 1), _line));
                Advance(at + 1);
                return;
            }

            at += _source[at] == '\\' ? 1 : 0;
        }

        throw new TemplateSyntaxException(_line, "a text literal has no end");
    }

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

    private void SkipWhiteSpace()
    {
        var end = _at;
        while (end < _source.Length && WhiteSpace.Is(_source[end]))
        {
            end++;
        }

        Advance(end);
    }

    private char? SignAt(int at) => at < _source.Length && _source[at] is '-' or '+' ? _source[at] : null;

    private void Add(TemplateTokenKind kind, string text) => _tokens.Add(new TemplateToken(kind, text, _line));

    private void Advance(int to)
    {
        _line += _source.AsSpan(_at, to - _at).Count('\n');
        _at = to;
    }

    private static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && WhiteSpace.Is(text[^1]))
        {
            text = text[..^1];
        }

        return text;
    }

    // Unlike other tags, the first of a raw block leaves the line break after it.
    [GeneratedRegex(@"\G\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})")]
    private static partial Regex RawBegin();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)")]
    private static partial Regex RawEnd();

    [GeneratedRegex(@"\G(?:[0-9]+_)*[0-9]+(?:(?:\.(?:[0-9]+_)*[0-9]+)?[eE][+\-]?(?:[0-9]+_)*[0-9]+|\.(?:[0-9]+_)*[0-9]+)")]
    private static partial Regex Float();

    [GeneratedRegex(@"\G(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*)")]
    private static partial Regex Integer();
}
