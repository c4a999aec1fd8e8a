using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filters that make a number of their subject.</summary>
internal static class NumberFilters
{
    public static IEnumerable<Operation> All { get; } =
    [
        new("int", new Signature("default?", "base?"), static (value, arguments, renderer) => Integer(value, arguments, renderer)),
        new("float", new Signature("default?"), static (value, arguments, renderer) => Real(value, arguments, renderer)),
        new("abs", Signature.None, static (value, _, _) => value switch
        {
            DecimalValue number => new DecimalValue(Math.Abs(number.Value), number.IsTrusted),
            _ when Numbers.Integer(value) is { } number => new NumberValue(BigInteger.Abs(number), Numbers.IsTrusted(value)),
            _ => throw Unfit("abs", value),
        }),
        new("round", new Signature("precision?", "method?"), static (value, arguments, _) => Round(value, arguments)),
    ];

    private static TemplateValue Integer(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var absent = arguments[0] ?? new NumberValue(0);
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Fault();
            case TextValue text:
                renderer.Budget.Spend(text.Text.Length);
                renderer.Budget.SpendDigits(Math.Min(text.Text.Length, Numbers.MaximumDigits));
                var trusted = text.IsWhollyTrusted;
                var numberBase = arguments.Integer(1, 10);
                return numberBase is not (0 or >= 2 and <= 36) ? absent
                    : Numbers.ParseInteger(text.Text, numberBase) is { } integer ? Numbers.Of(integer, trusted)
                    : Numbers.ParseReal(text.Text) is { } real && double.IsFinite(real) ? new NumberValue(new BigInteger(real), trusted)
                    : absent;
            case DecimalValue number:
                return double.IsFinite(number.Value) ? new NumberValue(new BigInteger(number.Value), number.IsTrusted)
                    : double.IsNaN(number.Value) ? absent
                    : throw Unfit("int", value);
            default:
                return Numbers.Integer(value) is { } whole ? new NumberValue(whole, Numbers.IsTrusted(value)) : absent;
        }
    }

    private static TemplateValue Real(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        if (value is TextValue text)
        {
            renderer.Budget.Spend(text.Text.Length);
            return Numbers.ParseReal(text.Text) is { } parsed ? new DecimalValue(parsed, text.IsWhollyTrusted) : arguments[0] ?? new DecimalValue(0);
        }

        return value is UndefinedValue undefined ? throw undefined.Fault()
            : Numbers.Real(value) is { } real ? new DecimalValue(real, Numbers.IsTrusted(value))
            : arguments[0] ?? new DecimalValue(0);
    }

    private static TemplateValue Round(TemplateValue value, BoundArguments arguments)
    {
        var digits = arguments.Integer(0);
        var method = arguments[1] is null ? "common" : arguments.Text(1).Text;
        var trusted = Numbers.IsTrusted(value);
        if (method is not ("common" or "ceil" or "floor") || Numbers.Real(value) is not { } real)
        {
            throw Unfit("round", value);
        }

        if (method != "common")
        {
            var scale = Math.Pow(10, digits);
            var scaled = real * scale;
            return new DecimalValue((method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale, trusted);
        }

        if (Numbers.Integer(value) is not { } integer)
        {
            return new DecimalValue(RealText.Round(real, digits), trusted);
        }

        if (digits >= 0)
        {
            return new NumberValue(integer, trusted);
        }

        var tens = BigInteger.Pow(10, Math.Min(-digits, 5000));
        return new NumberValue(RealText.Divide(integer, tens) * tens, trusted);
    }

    private static TemplateRenderException Unfit(string filter, TemplateValue value) =>
        (value as UndefinedValue)?.Fault() ?? new TemplateRenderException($"the filter '{filter}' does not take {value.Kind}");
}
