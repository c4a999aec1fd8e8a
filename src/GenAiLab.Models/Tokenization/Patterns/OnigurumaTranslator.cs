using System.Globalization;
using System.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>
/// Writes a regular expression of Oniguruma (its Ruby syntax, which is what tokenizer.json means) as one of .NET with
/// the same matches over characters of the Basic Multilingual Plane: possessive quantifiers become atomic groups, \h a
/// class, scripts their ranges, letters under (?i) the letters that fold to the same. What is not translated is refused
/// by its name. <see cref="RegexPattern"/> takes care of the other planes.
/// </summary>
internal sealed class OnigurumaTranslator
{
    public const int MaximumLength = 4096;
    private const int MaximumDepth = 64;

    // Also its other digits of Latin-1, and the symbols that are letters; those of other planes have a stand-in among these.
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE\u24B6-\u24E9";
    private const string Hexadecimal = "0-9a-fA-F";

    private static readonly string[] Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    ];

    private static readonly Dictionary<string, string> LongNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Letter"] = "L",
        ["UppercaseLetter"] = "Lu",
        ["LowercaseLetter"] = "Ll",
        ["TitlecaseLetter"] = "Lt",
        ["ModifierLetter"] = "Lm",
        ["OtherLetter"] = "Lo",
        ["Mark"] = "M",
        ["NonspacingMark"] = "Mn",
        ["SpacingMark"] = "Mc",
        ["EnclosingMark"] = "Me",
        ["Number"] = "N",
        ["DecimalNumber"] = "Nd",
        ["LetterNumber"] = "Nl",
        ["OtherNumber"] = "No",
        ["Punctuation"] = "P",
        ["ConnectorPunctuation"] = "Pc",
        ["DashPunctuation"] = "Pd",
        ["OpenPunctuation"] = "Ps",
        ["ClosePunctuation"] = "Pe",
        ["InitialPunctuation"] = "Pi",
        ["FinalPunctuation"] = "Pf",
        ["OtherPunctuation"] = "Po",
        ["Symbol"] = "S",
        ["MathSymbol"] = "Sm",
        ["CurrencySymbol"] = "Sc",
        ["ModifierSymbol"] = "Sk",
        ["OtherSymbol"] = "So",
        ["Separator"] = "Z",
        ["SpaceSeparator"] = "Zs",
        ["LineSeparator"] = "Zl",
        ["ParagraphSeparator"] = "Zp",
        ["Other"] = "C",
        ["Control"] = "Cc",
        ["Format"] = "Cf",
        ["PrivateUse"] = "Co",
        ["Unassigned"] = "Cn",
    };

    private readonly string _pattern;
    private readonly HashSet<int> _scripts = [];
    private readonly List<(char First, char Last)> _literals = [];
    private int _at;
    private int _depth;
    private bool _ignoreCase;

    private OnigurumaTranslator(string pattern) => _pattern = pattern;

    /// <summary>Translates a pattern.</summary>
    /// <exception cref="NotSupportedException">Something in it is not supported; the message names it.</exception>
    public static Translation Translate(string pattern)
    {
        if (pattern.Length > MaximumLength)
        {
            throw new NotSupportedException($"it is longer than {MaximumLength:N0} characters");
        }

        var translator = new OnigurumaTranslator(pattern);
        var expression = translator.Alternatives();
        return translator._at == pattern.Length
            ? new Translation(expression, [.. translator._scripts], translator._literals)
            : throw new NotSupportedException("a closing parenthesis without an opening one");
    }

    private string Alternatives()
    {
        if (++_depth > MaximumDepth)
        {
            throw new NotSupportedException($"groups deeper than {MaximumDepth}");
        }

        var ignoreCase = _ignoreCase;
        var written = new StringBuilder();
        while (_at < _pattern.Length && _pattern[_at] != ')')
        {
            if (_pattern[_at] == '|')
            {
                written.Append('|');
                _at++;
            }
            else
            {
                written.Append(Quantified(Atom()));
            }
        }

        _depth--;
        _ignoreCase = ignoreCase;
        return written.ToString();
    }

    private string Quantified(string atom)
    {
        while (_at < _pattern.Length && atom.Length > 0)
        {
            string quantifier;
            var interval = false;
            if (_pattern[_at] is '*' or '+' or '?')
            {
                quantifier = _pattern[_at++].ToString();
            }
            else if (_pattern[_at] == '{' && Interval() is { } counts)
            {
                (quantifier, interval) = (counts, true);
            }
            else
            {
                break;
            }

            var mark = _at < _pattern.Length ? _pattern[_at] : '\0';
            if (mark == '?' && !(interval && !quantifier.Contains(',', StringComparison.Ordinal)))
            {
                _at++;
                atom = $"(?:{atom}{quantifier}?)";
            }
            else if (mark == '+' && !interval)
            {
                _at++;
                atom = $"(?>{atom}{quantifier})";
            }
            else
            {
                // Grouped only where another quantifier follows: {2}+ is one of its own in this syntax.
                atom = mark is '*' or '+' or '?' or '{' ? $"(?:{atom}{quantifier})" : atom + quantifier;
            }
        }

        return atom;
    }

    private string? Interval()
    {
        var end = _pattern.IndexOf('}', _at);
        var parts = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        if (parts.Length is 0 or > 2 || !parts.All(static part => part.Length <= 5 && part.All(char.IsAsciiDigit)) || parts.All(static part => part.Length == 0))
        {
            return null; // A brace that stands for itself.
        }

        _at = end + 1;
        var first = parts[0].Length == 0 ? "0" : parts[0];
        return parts.Length == 1 ? $"{{{first}}}" : $"{{{first},{parts[1]}}}";
    }

    private string Atom()
    {
        var letter = _pattern[_at++];
        switch (letter)
        {
            case '(':
                return Group();
            case '[':
                return Class().Write();
            case '.':
                return @"[^\n]";
            case '^':
                return @"(?:\A|(?<=\n)(?!\z))";
            case '$':
                return @"(?=\n|\z)";
            case '\\':
                return Escape();
            default:
                return Literal(letter);
        }
    }

    private string Group()
    {
        var opening = "(?:";
        if (Take("?#"))
        {
            var end = _pattern.IndexOf(')', _at);
            _at = end < 0 ? throw new NotSupportedException("a comment that does not end") : end + 1;
            return "";
        }

        if (Peek("?<=") || Peek("?<!") || Peek("?=") || Peek("?!") || Peek("?>") || Peek("?:"))
        {
            var length = Peek("?<=") || Peek("?<!") ? 3 : 2;
            opening = "(" + _pattern.Substring(_at, length);
            _at += length;
        }
        else if (Peek("?<") || Peek("?'"))
        {
            var end = _pattern.IndexOf(_pattern[_at + 1] == '<' ? '>' : '\'', _at + 2);
            _at = end < 0 ? throw new NotSupportedException("a group's name that does not end") : end + 1;
        }
        else if (Take("?"))
        {
            return Flags();
        }

        var ignoreCase = _ignoreCase;
        var inner = Alternatives();
        _ignoreCase = ignoreCase;
        Close();
        return $"{opening}{inner})";
    }

    private string Flags()
    {
        var on = true;
        var ignoreCase = _ignoreCase;
        for (; _at < _pattern.Length; _at++)
        {
            switch (_pattern[_at])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    ignoreCase = on;
                    break;
                case ':':
                    _at++;
                    var before = _ignoreCase;
                    _ignoreCase = ignoreCase;
                    var inner = Alternatives();
                    _ignoreCase = before;
                    Close();
                    return $"(?:{inner})";
                case ')':
                    _at++;
                    _ignoreCase = ignoreCase; // Until the group around it ends.
                    return "";
                default:
                    throw new NotSupportedException($"the option '{_pattern[_at]}'");
            }
        }

        throw new NotSupportedException("a group that does not end");
    }

    private string Escape()
    {
        var letter = Next();
        switch (letter)
        {
            case 'A':
            case 'z':
            case 'Z':
                return "\\" + letter;
            case 'b':
                return $"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))";
            case 'B':
                return $"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))";
            case 'R':
                return @"(?>\r\n|[\n\v\f\r\u0085\u2028\u2029])";
            case 'G' or 'K' or 'X' or 'k' or 'g' or 'C' or 'M' or 'c':
            case >= '1' and <= '9':
                throw new NotSupportedException($"\\{letter}");
            default:
                return ClassEscape(letter) is { } items ? $"[{(items.Negated ? "^" : "")}{items.Items}]" : Literal(Character(letter));
        }
    }

    // The set that an escape names; null for one that stands for a character.
    private (string Items, bool Negated)? ClassEscape(char letter) => letter switch
    {
        's' or 'S' => (@"\s", letter == 'S'),
        'd' or 'D' => (@"\p{Nd}", letter == 'D'),
        'w' or 'W' => (Word, letter == 'W'),
        'h' or 'H' => (Hexadecimal, letter == 'H'),
        'p' or 'P' => Property(letter == 'P'),
        _ => null,
    };

    private (string Items, bool Negated) Property(bool negated)
    {
        var end = _pattern.IndexOf('}', _at);
        if (_at >= _pattern.Length || _pattern[_at] != '{' || end < 0)
        {
            throw new NotSupportedException("\\p without a name in braces");
        }

        var name = _pattern[(_at + 1)..end];
        _at = end + 1;
        if (name.StartsWith('^'))
        {
            (name, negated) = (name[1..], !negated);
        }

        return (PropertyItems(name), negated);
    }

    private string PropertyItems(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        if (Array.Find(Categories, one => one.Equals(plain, StringComparison.OrdinalIgnoreCase)) is { } category)
        {
            return $"\\p{{{category}}}";
        }

        if (LongNames.TryGetValue(plain, out var known))
        {
            return $"\\p{{{known}}}";
        }

        switch (plain.ToUpperInvariant())
        {
            case "ANY":
                return @"\u0000-\uFFFF";
            case "ASCII":
                return @"\u0000-\u007F";
            case "SPACE" or "WHITESPACE":
                return @"\s";
            case "DIGIT":
                return @"\p{Nd}";
            case "WORD":
                return Word;
            case "XDIGIT":
                return Hexadecimal;
            case "CNTRL":
                return @"\p{Cc}";
            case "PUNCT":
                return @"\p{P}\p{S}";
            case "LC" or "L&":
                return @"\p{Lu}\p{Ll}\p{Lt}";
        }

        var script = Scripts.ByName(plain);
        if (script == Scripts.None)
        {
            throw new NotSupportedException($"the property '{name}'");
        }

        _scripts.Add(script);
        return string.Concat(UnicodeTables.Instance.Scripts[Scripts.Names[script]]
            .Where(static range => range.First < 0x10000).Select(static range => Range((char)range.First, (char)Math.Min(range.Last, 0xFFFF))));
    }

    private CharacterSet Class()
    {
        if (++_depth > MaximumDepth)
        {
            throw new NotSupportedException($"classes deeper than {MaximumDepth}");
        }

        var set = new CharacterSet { Negated = Take("^") };
        for (var first = true; ; first = false)
        {
            if (_at >= _pattern.Length)
            {
                throw new NotSupportedException("a class that does not end");
            }

            var letter = _pattern[_at++];
            if (letter == ']' && !first)
            {
                break;
            }

            if (letter == '&' && Peek("&"))
            {
                throw new NotSupportedException("&& in a class");
            }

            if (letter == '[' && Peek(":"))
            {
                Posix(set);
            }
            else if (letter == '[')
            {
                set.Sets.Add(Class());
            }
            else if (letter == '\\' && ClassEscape(Next()) is { } items)
            {
                set.Add(items.Items, items.Negated);
            }
            else
            {
                RangeFrom(letter == '\\' ? Character(_pattern[_at - 1]) : Plain(letter), set);
            }
        }

        _depth--;
        return set;
    }

    private void Posix(CharacterSet set)
    {
        var end = _pattern.IndexOf(":]", _at, StringComparison.Ordinal);
        var name = end < 0 ? throw new NotSupportedException("[: without :]") : _pattern[(_at + 1)..end];
        _at = end + 2;
        var negated = name.StartsWith('^');
        set.Add(PropertyItems(negated ? name[1..] : name), negated);
    }

    private void RangeFrom(char first, CharacterSet set)
    {
        var last = first;
        if (Peek("-") && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']')
        {
            _at++;
            var letter = _pattern[_at++];
            last = letter == '\\' ? Character(Next()) : Plain(letter);
            if (last < first)
            {
                throw new NotSupportedException("a range that runs backwards");
            }
        }

        _literals.Add((first, last));
        set.Add(Range(first, last), negated: false);
        if (_ignoreCase)
        {
            if (last > '\u007F')
            {
                throw new NotSupportedException("characters outside ASCII in a class that ignores case");
            }

            for (var letter = first; letter <= last; letter++)
            {
                set.Add(Folds(letter), negated: false);
            }
        }
    }

    private string Literal(char letter)
    {
        Plain(letter);
        _literals.Add((letter, letter));
        return _ignoreCase && Folds(letter) is { Length: > 0 } folds ? $"[{Quote(letter)}{folds}]" : Quote(letter);
    }

    // A character that an escape stands for; the reading position is behind the escape's letter.
    private char Character(char letter) => Plain(letter switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\f',
        'v' => '\v',
        'a' => '\a',
        'e' => '\u001B',
        '0' => '\0',
        'x' when Take("{") => Number('}'),
        'x' => Number(2),
        'u' => Number(4),
        _ when char.IsAsciiLetter(letter) => throw new NotSupportedException($"\\{letter}"),
        _ => letter,
    });

    private char Number(char closing)
    {
        var end = _pattern.IndexOf(closing, _at);
        var number = Number(end < 0 ? 0 : end - _at);
        _at++;
        return number;
    }

    private char Number(int digits)
    {
        if (digits is 0 or > 6 || _at + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value > 0xFFFF)
        {
            throw new NotSupportedException("a character's number that is none of the Basic Multilingual Plane");
        }

        _at += digits;
        return (char)value;
    }

    private static char Plain(char letter) =>
        char.IsSurrogate(letter) ? throw new NotSupportedException("a character beyond U+FFFF") : letter;

    // The other letters that fold to the same; U+017F folds to s, U+212A to k.
    private static string Folds(char letter)
    {
        var other = char.IsUpper(letter) ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter);
        var folds = other == letter ? "" : Quote(other);
        return folds + ((letter | 0x20) switch { 's' => "\u017F", 'k' => "\u212A", _ => "" });
    }

    private static string Range(char first, char last) => first == last ? Quote(first) : $"{Quote(first)}-{Quote(last)}";

    private static string Quote(char letter) => char.IsAsciiLetterOrDigit(letter) ? letter.ToString() : $"\\u{(int)letter:X4}";

    private char Next() => _at < _pattern.Length ? _pattern[_at++] : throw new NotSupportedException("a backslash at the end");

    private bool Peek(string text) => _pattern.AsSpan(_at).StartsWith(text, StringComparison.Ordinal);

    private bool Take(string text)
    {
        var found = Peek(text);
        _at += found ? text.Length : 0;
        return found;
    }

    private void Close()
    {
        if (!Take(")"))
        {
            throw new NotSupportedException("a group that does not end");
        }
    }

    /// <summary>A pattern of .NET and what must be known to show it other planes' characters.</summary>
    /// <param name="Expression">The pattern.</param>
    /// <param name="Scripts">Numbers of the scripts that it names.</param>
    /// <param name="Literals">Characters that it names one by one or as ranges.</param>
    public sealed record Translation(string Expression, IReadOnlyList<int> Scripts, IReadOnlyList<(char First, char Last)> Literals);

    // A class of characters. .NET has no union with a complement, so one that needs it is written as alternatives.
    private sealed class CharacterSet
    {
        private readonly StringBuilder _items = new();
        private readonly List<string> _complements = [];

        public bool Negated { get; init; }

        public List<CharacterSet> Sets { get; } = [];

        public void Add(string items, bool negated)
        {
            if (!negated)
            {
                _items.Append(items);
            }
            else if (items is @"\s" or [.., '}'] && items.LastIndexOf('\\') == 0)
            {
                _items.Append(items == @"\s" ? @"\S" : @"\P" + items[2..]);
            }
            else
            {
                _complements.Add(items);
            }
        }

        public string Write()
        {
            List<string> parts = [.. _complements.Select(static items => $"[^{items}]"), .. Sets.Select(static set => set.Write())];
            if (_items.Length > 0)
            {
                parts.Insert(0, $"[{(Negated && parts.Count == 0 ? "^" : "")}{_items}]");
            }

            return parts.Count switch
            {
                0 => throw new NotSupportedException("an empty class"),
                1 when !Negated || (_complements.Count == 0 && Sets.Count == 0) => parts[0],
                _ when Negated => $"(?:(?!{string.Join('|', parts)})[\\u0000-\\uFFFF])",
                _ => $"(?:{string.Join('|', parts)})",
            };
        }
    }
}
