using System.Globalization;
using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The methods of texts. Each pays for the text that it handles.</summary>
internal static class TextMethods
{
    private static readonly Signature Part = new("sub", "start?", "end?");
    private static readonly Signature Chars = new("chars?");
    private static readonly Signature Splitting = new("sep?", "maxsplit?");
    private static readonly Signature Padding = new("width", "fillchar?");

    public static IEnumerable<Operation> All { get; } =
    [
        Method("upper", Signature.None, static (text, _, _) => LetterCase.Upper(text)),
        Method("lower", Signature.None, static (text, _, _) => LetterCase.Lower(text)),
        Method("casefold", Signature.None, static (text, _, _) => LetterCase.Lower(text)),
        Method("title", Signature.None, static (text, _, _) => LetterCase.Title(text)),
        Method("capitalize", Signature.None, static (text, _, _) => LetterCase.Capitalize(text)),
        Method("strip", Chars, static (text, arguments, _) => TextSearch.Strip(text, Set(arguments), atStart: true, atEnd: true)),
        Method("lstrip", Chars, static (text, arguments, _) => TextSearch.Strip(text, Set(arguments), atStart: true, atEnd: false)),
        Method("rstrip", Chars, static (text, arguments, _) => TextSearch.Strip(text, Set(arguments), atStart: false, atEnd: true)),
        Method("removeprefix", new Signature("prefix"), static (text, arguments, _) =>
            text.Text.StartsWith(arguments.Text(0).Text, StringComparison.Ordinal) ? text.Cut(arguments.Text(0).Text.Length, text.Text.Length) : text),
        Method("removesuffix", new Signature("suffix"), static (text, arguments, _) =>
            text.Text.EndsWith(arguments.Text(0).Text, StringComparison.Ordinal) ? text.Cut(0, text.Text.Length - arguments.Text(0).Text.Length) : text),
        Method("startswith", new Signature("prefix", "start?", "end?"), static (text, arguments, _) =>
            TruthValue.Of(Any(arguments, prefix => Within(text, arguments)?.Text.StartsWith(prefix, StringComparison.Ordinal) ?? false))),
        Method("endswith", new Signature("suffix", "start?", "end?"), static (text, arguments, _) =>
            TruthValue.Of(Any(arguments, suffix => Within(text, arguments)?.Text.EndsWith(suffix, StringComparison.Ordinal) ?? false))),
        Method("find", Part, static (text, arguments, renderer) => Number(Find(text, arguments, renderer, last: false), text)),
        Method("rfind", Part, static (text, arguments, renderer) => Number(Find(text, arguments, renderer, last: true), text)),
        Method("index", Part, static (text, arguments, renderer) => Found(Find(text, arguments, renderer, last: false), text)),
        Method("rindex", Part, static (text, arguments, renderer) => Found(Find(text, arguments, renderer, last: true), text)),
        Method("count", Part, static (text, arguments, renderer) =>
            Number(Within(text, arguments) is { } within ? TextSearch.Count(within, arguments.Text(0).Text, renderer.Budget) : 0, text)),
        Method("replace", new Signature("old", "new", "count?"), static (text, arguments, renderer) =>
            TextSearch.Replace(text, arguments.Text(0), arguments.Text(1), arguments.Integer(2, -1), renderer.Budget)),
        Method("split", Splitting, static (text, arguments, renderer) => Split(text, arguments, renderer, fromEnd: false)),
        Method("rsplit", Splitting, static (text, arguments, renderer) => Split(text, arguments, renderer, fromEnd: true)),
        Method("splitlines", new Signature("keepends?"), static (text, arguments, renderer) =>
            new ListValue(TextSearch.Lines(text, arguments.IsTrue(0), renderer.Budget))),
        Method("partition", new Signature("sep"), static (text, arguments, renderer) => Partition(text, arguments.Text(0), renderer, last: false)),
        Method("rpartition", new Signature("sep"), static (text, arguments, renderer) => Partition(text, arguments.Text(0), renderer, last: true)),
        Method("join", new Signature("iterable"), static (text, arguments, renderer) => Join(text, arguments[0]!, renderer)),
        Method("format", Signature.Any, static (text, arguments, renderer) => new BraceFormat(renderer, arguments.All).Format(text)),
        Method("center", Padding, static (text, arguments, _) => TextPadding.Center(text, arguments.Integer(0), Fill(arguments))),
        Method("ljust", Padding, static (text, arguments, _) => TextPadding.Pad(text, arguments.Integer(0), Fill(arguments), atStart: false)),
        Method("rjust", Padding, static (text, arguments, _) => TextPadding.Pad(text, arguments.Integer(0), Fill(arguments), atStart: true)),
        Method("zfill", new Signature("width"), static (text, arguments, _) => TextPadding.FillZeros(text, arguments.Integer(0))),
        Question("isupper", LetterCase.IsUpper),
        Question("islower", LetterCase.IsLower),
        Question("isspace", static text => text.Length > 0 && text.All(WhiteSpace.Is)),
        Question("isascii", static text => Ascii.IsValid(text)),
        Question("isalpha", static text => AllRunes(text, Rune.IsLetter)),
        Question("isdecimal", static text => AllRunes(text, static rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)),
        Question("isdigit", static text => AllRunes(text, IsDigit)),
        Question("isnumeric", static text => AllRunes(text, static rune => Rune.GetNumericValue(rune) != -1)),
        Question("isalnum", static text => AllRunes(text, static rune => Rune.IsLetter(rune) || Rune.GetNumericValue(rune) != -1)),
        Question("istitle", static text => LetterCase.Title(TextValue.Trusted(text)).Text == text && (LetterCase.IsUpper(text) || LetterCase.Upper(TextValue.Trusted(text)).Text != LetterCase.Lower(TextValue.Trusted(text)).Text)),
    ];

    /// <summary>The texts of an iterable with another between them.</summary>
    /// <exception cref="TemplateRenderException">An item is no text.</exception>
    public static TextValue Join(TextValue separator, TemplateValue items, Renderer renderer)
    {
        var joined = new TextJoiner(separator, renderer.Budget);
        foreach (var item in renderer.Iterate(items))
        {
            joined.Add(item as TextValue ?? throw new TemplateRenderException($"'join' takes texts, not {item.Kind}"));
        }

        return joined.Build();
    }

    private static Operation Method(string name, Signature signature, Func<TextValue, BoundArguments, Renderer, TemplateValue> apply) =>
        new(name, signature, (subject, arguments, renderer) =>
        {
            var text = (TextValue)subject;
            renderer.Budget.Spend(text.Text.Length);
            return !text.IsEscaped ? apply(text, arguments, renderer)
                : throw new TemplateRenderException($"the method '{name}' of a text that is marked as HTML is not supported");
        });

    private static Operation Question(string name, Func<string, bool> holds) =>
        Method(name, Signature.None, (text, _, _) => TruthValue.Of(holds(text.Text)));

    private static bool AllRunes(string text, Func<Rune, bool> holds) => text.Length > 0 && text.EnumerateRunes().All(holds);

    private static bool IsDigit(Rune rune) => CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0;

    private static string? Set(BoundArguments arguments) => arguments.Has(0) ? arguments.Text(0).Text : null;

    private static TextValue Fill(BoundArguments arguments) => !arguments.Has(1) ? TextValue.Trusted(" ")
        : arguments.Text(1) is { CodePoints: 1 } fill ? fill : throw new TemplateRenderException("what fills must be one character");

    // The part between the arguments start and end; null: they lie beyond the text.
    private static TextValue? Within(TextValue text, BoundArguments arguments)
    {
        if (!arguments.Has(1) && !arguments.Has(2))
        {
            return text;
        }

        var (start, end) = Bounds(text, arguments);
        return start <= text.CodePoints && start <= end ? text.Slice(start, end) : null;
    }

    private static (int Start, int End) Bounds(TextValue text, BoundArguments arguments)
    {
        var length = text.CodePoints;
        var start = arguments.Has(1) ? arguments.Integer(1) : 0;
        var end = arguments.Has(2) ? arguments.Integer(2) : length;
        return (Math.Max(0, start < 0 ? start + length : start), Math.Min(length, Math.Max(0, end < 0 ? end + length : end)));
    }

    private static bool Any(BoundArguments arguments, Func<string, bool> holds) => arguments[0] is TupleValue several
        ? several.Items.Any(part => holds(part is TextValue text ? text.Text : throw new TemplateRenderException("what a text starts or ends with is a text")))
        : holds(arguments.Text(0).Text);

    private static int Find(TextValue text, BoundArguments arguments, Renderer renderer, bool last)
    {
        var sought = arguments.Text(0).Text;
        if (Within(text, arguments) is not { } within)
        {
            return -1;
        }

        renderer.Budget.SpendSearch(within.Text, sought);
        var at = last ? within.Text.LastIndexOf(sought, StringComparison.Ordinal) : within.Text.IndexOf(sought, StringComparison.Ordinal);
        return at < 0 ? -1 : within.CodePointAt(at) + (arguments.Has(1) ? Bounds(text, arguments).Start : 0);
    }

    // Where something lies in a caller's text is the caller's to choose.
    private static NumberValue Number(int value, TextValue of) => new(value, of.IsWhollyTrusted);

    private static NumberValue Found(int at, TextValue of) => at >= 0 ? Number(at, of) : throw new TemplateRenderException("the part is not in the text");

    private static ListValue Split(TextValue text, BoundArguments arguments, Renderer renderer, bool fromEnd)
    {
        var most = arguments[1] is null ? -1 : arguments.Integer(1);
        return new ListValue(arguments.Has(0)
            ? TextSearch.Split(text, arguments.Text(0).Text, most, fromEnd, renderer.Budget)
            : TextSearch.Words(text, most, fromEnd, renderer.Budget));
    }

    private static TupleValue Partition(TextValue text, TextValue separator, Renderer renderer, bool last)
    {
        if (separator.Text.Length == 0)
        {
            throw new TemplateRenderException("an empty separator");
        }

        renderer.Budget.SpendSearch(text.Text, separator.Text);
        var at = last ? text.Text.LastIndexOf(separator.Text, StringComparison.Ordinal) : text.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        var end = at + separator.Text.Length;
        return at >= 0 ? new TupleValue(text.Cut(0, at), text.Cut(at, end), text.Cut(end, text.Text.Length))
            : last ? new TupleValue(TextValue.Empty, TextValue.Empty, text)
            : new TupleValue(text, TextValue.Empty, TextValue.Empty);
    }
}
