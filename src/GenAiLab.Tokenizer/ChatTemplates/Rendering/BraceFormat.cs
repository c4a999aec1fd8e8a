using System.Globalization;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary><c>"{} has {count:>3}".format(name, count=3)</c>: Python's newer notation.</summary>
internal sealed class BraceFormat(Renderer renderer, CallArguments arguments)
{
    private const int MaximumWidthDigits = 7;
    private int _automatic;
    private bool _isNumbered;

    /// <exception cref="TemplateRenderException">The format is damaged, or does not fit its values.</exception>
    public TextValue Format(TextValue format) => Format(format, isInner: false);

    private TextValue Format(TextValue format, bool isInner)
    {
        var output = new TextValue.Builder();
        var text = format.Text;
        for (var at = 0; at < text.Length;)
        {
            var brace = text.AsSpan(at).IndexOfAny('{', '}') is >= 0 and var found ? at + found : text.Length;
            Write(format.Cut(at, brace));
            if (brace == text.Length)
            {
                break;
            }

            if (!isInner && brace + 1 < text.Length && text[brace + 1] == text[brace])
            {
                Write(format.Cut(brace, brace + 1));
                at = brace + 2;
                continue;
            }

            var end = text[brace] == '{' ? End(text, brace, isInner) : throw Damaged();
            Write(Field(format.Cut(brace + 1, end), isInner));
            at = end + 1;
        }

        return output.Build();

        void Write(TextValue part)
        {
            renderer.Budget.Spend(part.Text.Length);
            RenderBudget.LimitLength((long)output.Length + part.Text.Length);
            output.Append(part);
        }
    }

    private static int End(string text, int brace, bool isInner)
    {
        var depth = 0;
        for (var at = brace; at < text.Length; at++)
        {
            depth += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return at;
            }

            if (depth > (isInner ? 1 : 2))
            {
                break;
            }
        }

        throw Damaged();
    }

    private TextValue Field(TextValue field, bool isInner)
    {
        var text = field.Text;
        var nameEnd = text.AsSpan().IndexOfAny('!', ':') is >= 0 and var mark ? mark : text.Length;
        var specificationStart = nameEnd;
        char? conversion = null;
        if (nameEnd < text.Length && text[nameEnd] == '!')
        {
            conversion = nameEnd + 1 < text.Length ? text[nameEnd + 1] : throw Damaged();
            specificationStart = nameEnd + 2;
        }

        var hasSpecification = specificationStart < text.Length;
        if (hasSpecification && text[specificationStart] != ':')
        {
            throw Damaged();
        }

        var value = Value(text[..nameEnd]);
        value = conversion switch
        {
            null => value,
            's' => renderer.Print(value),
            'r' => new ValuePrinter(renderer.Budget).Represented(value),
            _ => throw new TemplateRenderException($"the conversion '!{conversion}' is not supported"),
        };
        var specification = hasSpecification ? field.Cut(specificationStart + 1, text.Length) : TextValue.Empty;
        if (!isInner)
        {
            specification = Format(specification, isInner: true);
        }

        return specification.Text.Length == 0 ? renderer.Print(value)
            : value is TextValue or UndefinedValue ? Specification(specification, isNumber: false).Apply(renderer.Print(value))
            : Numbers.IsNumber(value) ? Specification(specification, isNumber: true).Apply(value)
            : throw new TemplateRenderException($"a format that does not take {value.Kind}");
    }

    private TemplateValue Value(string name)
    {
        var end = name.AsSpan().IndexOfAny('.', '[') is >= 0 and var found ? found : name.Length;
        var value = First(name[..end]);
        for (var at = end; at < name.Length;)
        {
            if (name[at] == '.')
            {
                var next = name.AsSpan(at + 1).IndexOfAny('.', '[') is >= 0 and var after ? at + 1 + after : name.Length;
                value = Members.Attribute(value, TextValue.Trusted(name[(at + 1)..next]));
                at = next;
                continue;
            }

            var close = name[at] == '[' ? name.IndexOf(']', at) : -1;
            var key = close > 0 ? name[(at + 1)..close] : throw Damaged();
            value = Members.Item(value, Index(key) is { } index ? new NumberValue(index) : TextValue.Trusted(key), renderer.Budget);
            at = close + 1;
        }

        return value;
    }

    private TemplateValue First(string name)
    {
        if (name.Length > 0 && Index(name) is null)
        {
            return arguments.Named.FirstOrDefault(named => named.Key == name).Value ?? throw new TemplateRenderException($"a format with the name '{name}', which has no value");
        }

        if (name.Length == 0 ? _isNumbered : _automatic > 0)
        {
            throw new TemplateRenderException("a format with places both numbered and not");
        }

        _isNumbered |= name.Length > 0;
        var index = name.Length == 0 ? _automatic++ : Index(name)!.Value;
        return index < arguments.Positional.Count ? arguments.Positional[index] : throw new TemplateRenderException("a format with more places than values");
    }

    private static int? Index(string name) =>
        name.Length is > 0 and <= MaximumWidthDigits && name.All(char.IsAsciiDigit) ? int.Parse(name, CultureInfo.InvariantCulture) : null;

    // [[fill]align][sign][#][0][width][grouping][.precision][type]
    private static FormatSpecification Specification(TextValue specification, bool isNumber)
    {
        var text = specification.Text;
        var at = 0;
        char? align = null;
        var fill = TextValue.Trusted(" ");
        var fillLength = text.Length > 0 ? specification.LengthAt(0) : 0;
        if (text.Length > fillLength && text[fillLength] is '<' or '>' or '^' or '=')
        {
            (fill, align, at) = (specification.Cut(0, fillLength), text[fillLength], fillLength + 1);
        }
        else if (text.Length > 0 && text[0] is '<' or '>' or '^' or '=')
        {
            (align, at) = (text[0], 1);
        }

        var sign = Take(static letter => letter is '+' or '-' or ' ');
        var isAlternate = Take(static letter => letter == '#') is not null;
        if (Take(static letter => letter == '0') is not null && align is null)
        {
            (fill, align) = (TextValue.Trusted("0"), isNumber ? '=' : '<');
        }

        var width = TakeNumber() ?? 0;
        var grouping = Take(static letter => letter is ',' or '_');
        int? precision = Take(static letter => letter == '.') is null ? null : TakeNumber() ?? throw Damaged();
        var type = Take(static letter => IsType(letter));
        if (at < text.Length || (!isNumber && (type is not (null or 's') || align == '=')) || (isNumber && type is 's'))
        {
            throw new TemplateRenderException($"the format '{text}' does not fit its value, or is not supported");
        }

        return new()
        {
            Align = align,
            Fill = fill,
            Sign = sign == '-' ? null : sign,
            IsAlternate = isAlternate,
            Width = width,
            Grouping = grouping,
            Precision = precision,
            Type = type == 's' ? null : type,
        };

        static bool IsType(char letter) => letter is 's' or 'd' or 'x' or 'X' or 'o' or 'b' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G' or '%';

        char? Take(Func<char, bool> belongs) => at < text.Length && belongs(text[at]) ? text[at++] : null;

        int? TakeNumber()
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            return start == at ? null : Index(text[start..at]) ?? throw new TemplateRenderException("a width that is too large");
        }
    }

    private static TemplateRenderException Damaged() => new("a format with damaged braces");
}
