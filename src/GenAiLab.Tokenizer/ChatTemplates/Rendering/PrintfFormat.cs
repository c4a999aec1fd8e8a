using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary><c>"%s has %d" % (name, count)</c> and the filter format: Python's older notation.</summary>
internal sealed class PrintfFormat(Renderer renderer)
{
    private readonly TextValue.Builder _output = new();
    private TextValue _format = TextValue.Empty;
    private TemplateValue _values = NoneValue.Instance;
    private int _at;
    private int _next;

    /// <param name="format">With a % before each place.</param>
    /// <param name="values">A tuple of them, a mapping for places with names, or the only one.</param>
    /// <exception cref="TemplateRenderException">They don't fit together.</exception>
    public TextValue Format(TextValue format, TemplateValue values)
    {
        (_format, _values) = (format, values);
        var text = format.Text;
        while (text.IndexOf('%', _at) is >= 0 and var place)
        {
            Write(format.Cut(_at, place));
            _at = place + 1;
            Write(FormatOne());
        }

        Write(format.Cut(_at, text.Length));
        return _next < Given() && _values is not (MapValue or ListValue)
            ? throw new TemplateRenderException("a format that does not use all of its values")
            : _output.Build();
    }

    private TextValue FormatOne()
    {
        var name = TakeName();
        var flags = TakeWhile(static letter => letter is '-' or '+' or ' ' or '0' or '#');
        var width = TakeNumber() ?? 0;
        int? precision = Peek() == '.' ? Skip() ? TakeNumber() ?? 0 : 0 : null;
        TakeWhile(static letter => letter is 'h' or 'l' or 'L');
        var type = Peek() ?? throw new TemplateRenderException("a format that ends within a place");
        Skip();
        if (type == '%')
        {
            return _format.Cut(_at - 1, _at);
        }

        var value = name is null ? Next() : Named(name);
        var specification = new FormatSpecification
        {
            Width = Math.Abs(width),
            Align = flags.Contains('-') || width < 0 ? '<' : flags.Contains('0') && type is not ('s' or 'r' or 'c') ? '=' : '>',
            Fill = TextValue.Trusted(flags.Contains('0') && !flags.Contains('-') && type is not ('s' or 'r' or 'c') ? "0" : " "),
            Sign = flags.Contains('+') ? '+' : flags.Contains(' ') ? ' ' : null,
            IsAlternate = flags.Contains('#'),
            Precision = precision,
            Type = type,
        };
        return type switch
        {
            's' => specification.Apply(renderer.Print(value)),
            'r' => specification.Apply(new ValuePrinter(renderer.Budget).Represented(value)),
            'd' or 'i' or 'u' when value is DecimalValue real && double.IsFinite(real.Value) =>
                (specification with { Precision = null }).Apply(new NumberValue(new System.Numerics.BigInteger(real.Value), real.IsTrusted)),
            'd' or 'i' or 'u' or 'x' or 'X' or 'o' when Numbers.Integer(value) is not null && precision is null => specification.Apply(value),
            'f' or 'F' or 'e' or 'E' or 'g' or 'G' when Numbers.IsNumber(value) => specification.Apply(value),
            _ => throw (value as UndefinedValue)?.Fault() ?? new TemplateRenderException($"the format '%{type}' does not take {value.Kind}, or is not supported"),
        };
    }

    private string? TakeName()
    {
        if (Peek() != '(')
        {
            return null;
        }

        var end = _format.Text.IndexOf(')', _at);
        var name = end > 0 ? _format.Text[(_at + 1)..end] : throw new TemplateRenderException("a format with a name that does not end");
        _at = end + 1;
        return name;
    }

    private int? TakeNumber()
    {
        if (Peek() == '*')
        {
            Skip();
            return Numbers.Integer(Next()) is { } given && given >= -RenderBudget.MaximumBytes && given <= RenderBudget.MaximumBytes
                ? (int)given
                : throw new TemplateRenderException("a width that is no integer, or too large");
        }

        var digits = TakeWhile(char.IsAsciiDigit);
        return digits.Length == 0 ? null : digits.Length < 8 ? int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture)
            : throw new TemplateRenderException("a width that is too large");
    }

    private TemplateValue Next() => _next++ is var at && _values is TupleValue tuple
        ? at < tuple.Items.Count ? tuple.Items[at] : throw TooFew()
        : at == 0 ? _values : throw TooFew();

    private TemplateValue Named(string name) => _values is MapValue map
        ? map.Entries.TryGetValue(TextValue.Trusted(name), out var value) ? value : throw new TemplateRenderException($"a format with the name '{name}', which has no value")
        : throw new TemplateRenderException("a format with names needs a mapping");

    private int Given() => _values is TupleValue tuple ? tuple.Items.Count : 1;

    private string TakeWhile(Func<char, bool> belongs)
    {
        var start = _at;
        while (Peek() is { } letter && belongs(letter))
        {
            _at++;
        }

        return _format.Text[start.._at];
    }

    private char? Peek() => _at < _format.Text.Length ? _format.Text[_at] : null;

    private bool Skip() => ++_at > 0;

    private void Write(TextValue text)
    {
        renderer.Budget.Spend(text.Text.Length);
        RenderBudget.LimitLength((long)_output.Length + text.Text.Length);
        _output.Append(text);
    }

    private static TemplateRenderException TooFew() => new("a format with more places than values");
}
