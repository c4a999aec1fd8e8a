using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filters that make a text of their subject. Each pays for the text that it handles.</summary>
internal static class TextFilters
{
    public static IEnumerable<Operation> All { get; } =
    [
        Filter("upper", Signature.None, static (text, _, _) => LetterCase.Upper(text)),
        Filter("lower", Signature.None, static (text, _, _) => LetterCase.Lower(text)),
        Filter("capitalize", Signature.None, static (text, _, _) => LetterCase.Capitalize(text)),
        Filter("title", Signature.None, static (text, _, _) => LetterCase.TitleWords(text)),
        Filter("trim", new Signature("chars?"), static (text, arguments, _) =>
            TextSearch.Strip(text, arguments.Has(0) ? arguments.Text(0).Text : null, atStart: true, atEnd: true)),
        Filter("replace", new Signature("old", "new", "count?"), static (text, arguments, renderer) => TextSearch.Replace(
            text, renderer.Print(arguments[0]!), renderer.Print(arguments[1]!), arguments.Has(2) ? arguments.Integer(2) : -1, renderer.Budget)),
        Filter("center", new Signature("width?"), static (text, arguments, _) => TextPadding.Center(text, arguments.Integer(0, 80), TextValue.Trusted(" "))),
        Filter("wordcount", Signature.None, static (text, _, _) => new NumberValue(Words(text.Text), text.IsWhollyTrusted)),
        Filter("format", Signature.Any, static (text, arguments, renderer) => new PrintfFormat(renderer).Format(text, FormatArguments(arguments.All))),
        new("indent", new Signature("width?", "first?", "blank?"), static (value, arguments, renderer) => Indent(Text(value), arguments, renderer)),
        new("truncate", new Signature("length?", "killwords?", "end?", "leeway?"), static (value, arguments, renderer) => Truncate(Text(value), arguments, renderer)),
        new("escape", Signature.None, Escape),
        new("e", Signature.None, Escape),
        new("forceescape", Signature.None, static (value, arguments, renderer) => Escape(renderer.Print(value).AsPlain(), arguments, renderer)),
        new("safe", Signature.None, static (value, _, renderer) => renderer.Print(value).AsEscaped()),
    ];

    private static Operation Filter(string name, Signature signature, Func<TextValue, BoundArguments, Renderer, TemplateValue> apply) =>
        new(name, signature, (value, arguments, renderer) =>
        {
            var text = renderer.Print(value);
            renderer.Budget.Spend(text.Text.Length);
            return !text.IsEscaped ? apply(text, arguments, renderer)
                : throw new TemplateRenderException($"the filter '{name}' on a text that is marked as HTML is not supported");
        });

    private static TextValue Text(TemplateValue value) => value switch
    {
        TextValue text => text.AsPlain(),
        UndefinedValue undefined => throw undefined.Fault(),
        _ => throw new TemplateRenderException($"the filter takes a text, not {value.Kind}"),
    };

    private static TextValue Escape(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var text = renderer.Print(value);
        renderer.Budget.Spend(text.Text.Length);
        return Html.Escape(text);
    }

    private static TemplateValue FormatArguments(CallArguments arguments) => arguments.Named.Count == 0 ? new TupleValue(arguments.Positional)
        : arguments.Positional.Count == 0 ? new MapValue(arguments.Named.Select(static named => (named.Key, named.Value)))
        : throw new TemplateRenderException("'format' takes arguments with names or without, not both");

    private static TextValue Indent(TextValue text, BoundArguments arguments, Renderer renderer)
    {
        var indent = arguments[0] as TextValue ?? TextPadding.Repeat(TextValue.Trusted(" "), Math.Max(0, arguments.Integer(0, 4)));
        var lines = TextSearch.Lines(text.Append(TextValue.Trusted("\n")), keepEnds: false, renderer.Budget);
        var indented = new TextJoiner(TextValue.Trusted("\n"), renderer.Budget);
        for (var index = 0; index < lines.Count; index++)
        {
            var line = (TextValue)lines[index];
            var isIndented = index == 0 ? arguments.IsTrue(1) : arguments.IsTrue(2) || line.Text.Length > 0;
            indented.Add(isIndented ? indent.Append(line) : line);
        }

        return indented.Build();
    }

    private static TextValue Truncate(TextValue text, BoundArguments arguments, Renderer renderer)
    {
        var length = arguments.Integer(0, 255);
        var end = arguments[2] is null ? TextValue.Trusted("...") : arguments.Text(2);
        var leeway = arguments.Has(3) ? arguments.Integer(3) : 5;
        renderer.Budget.Spend(text.Text.Length);
        if (length < end.CodePoints || leeway < 0)
        {
            throw new TemplateRenderException("'truncate' to less than its end");
        }

        if (text.CodePoints <= length + leeway)
        {
            return text;
        }

        var kept = text.Slice(0, length - end.CodePoints);
        var space = arguments.IsTrue(1) ? -1 : kept.Text.LastIndexOf(' ');
        return (space < 0 ? kept : kept.Cut(0, space)).Append(end);
    }

    private static int Words(string text)
    {
        var (words, inWord) = (0, false);
        foreach (var rune in text.EnumerateRunes())
        {
            var isWord = Rune.IsLetterOrDigit(rune) || rune.Value == '_' || Rune.GetNumericValue(rune) != -1;
            words += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }

        return words;
    }
}
