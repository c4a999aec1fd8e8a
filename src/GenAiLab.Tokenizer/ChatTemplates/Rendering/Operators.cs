using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Arithmetic as Python has it, for numbers, texts and lists.</summary>
internal sealed class Operators(Renderer renderer)
{
    /// <exception cref="TemplateRenderException">The operator does not take these operands, or the result is too large.</exception>
    public TemplateValue Apply(string @operator, TemplateValue left, TemplateValue right)
    {
        if (left is UndefinedValue undefined || (undefined = (right as UndefinedValue)!) is not null)
        {
            throw undefined.Fault();
        }

        return (@operator, left, right) switch
        {
            ("+", TextValue a, TextValue b) => Add(a, b),
            ("+", ListValue a, ListValue b) => new ListValue(Join(a.Items, b.Items)),
            ("+", TupleValue a, TupleValue b) => new TupleValue(Join(a.Items, b.Items)),
            ("%", TextValue format, _) => new PrintfFormat(renderer).Format(format.AsPlain(), right),
            ("*", TextValue text, _) when Numbers.Integer(right) is { } count => Repeat(text, count),
            ("*", _, TextValue text) when Numbers.Integer(left) is { } count => Repeat(text, count),
            ("*", ListValue or TupleValue, _) when Numbers.Integer(right) is { } count => Repeat(left, count),
            ("*", _, ListValue or TupleValue) when Numbers.Integer(left) is { } count => Repeat(right, count),
            _ when Numbers.IsNumber(left) && Numbers.IsNumber(right) => Calculate(@operator, left, right),
            _ => throw new TemplateRenderException($"'{@operator}' does not take {left.Kind} and {right.Kind}"),
        };
    }

    /// <summary>Two texts as one.</summary>
    /// <exception cref="TemplateRenderException">It would be too long.</exception>
    public TextValue Join(TextValue left, TextValue right)
    {
        var length = left.Text.Length + right.Text.Length;
        RenderBudget.LimitLength(length);
        renderer.Budget.Spend(length);
        return left.Append(right);
    }

    /// <exception cref="TemplateRenderException">It is no number.</exception>
    public static TemplateValue Sign(bool isNegative, TemplateValue operand) => operand switch
    {
        UndefinedValue undefined => throw undefined.Fault(),
        DecimalValue real => isNegative ? new DecimalValue(-real.Value, real.IsTrusted) : real,
        _ when Numbers.Integer(operand) is { } value => new NumberValue(isNegative ? -value : value, Numbers.IsTrusted(operand)),
        _ => throw new TemplateRenderException($"{operand.Kind} has no sign"),
    };

    private TextValue Add(TextValue left, TextValue right) => (left.IsEscaped, right.IsEscaped) switch
    {
        (false, false) => Join(left, right),
        (true, true) => Join(left, right).AsEscaped(),
        (true, false) => Join(left, Html.Escape(right)).AsEscaped(),
        (false, true) => Join(Html.Escape(left), right).AsEscaped(),
    };

    private List<TemplateValue> Join(IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right)
    {
        renderer.Budget.SpendSteps((long)left.Count + right.Count);
        return [.. left, .. right];
    }

    private TextValue Repeat(TextValue text, BigInteger count)
    {
        if (count.Sign <= 0 || text.Text.Length == 0)
        {
            return TextValue.Empty;
        }

        RenderBudget.LimitLength((long)BigInteger.Min(count * text.Text.Length, int.MaxValue));
        renderer.Budget.Spend((int)count * text.Text.Length);
        var repeated = new TextValue.Builder();
        for (var times = (int)count; times > 0; times--)
        {
            repeated.Append(text);
        }

        return repeated.Build();
    }

    private TemplateValue Repeat(TemplateValue sequence, BigInteger count)
    {
        var items = Iteration.Sequence(sequence)!;
        renderer.Budget.SpendSteps((long)BigInteger.Max(0, BigInteger.Min(count * items.Count, int.MaxValue)));
        List<TemplateValue> repeated = items.Count == 0 || count.Sign <= 0 ? [] : [.. Enumerable.Repeat(items, (int)count).SelectMany(static part => part)];
        return sequence is TupleValue ? new TupleValue(repeated) : new ListValue(repeated);
    }

    private static TemplateValue Calculate(string @operator, TemplateValue left, TemplateValue right)
    {
        var trusted = Numbers.IsTrusted(left) && Numbers.IsTrusted(right);
        if (@operator != "/" && Numbers.Integer(left) is { } a && Numbers.Integer(right) is { } b && !(@operator == "**" && b.Sign < 0))
        {
            return Numbers.Of(Calculate(@operator, a, b), trusted);
        }

        var result = Calculate(@operator, Numbers.Real(left)!.Value, Numbers.Real(right)!.Value);
        return new DecimalValue(result, trusted);
    }

    private static BigInteger Calculate(string @operator, BigInteger left, BigInteger right)
    {
        switch (@operator)
        {
            case "+":
                return left + right;
            case "-":
                return left - right;
            case "*":
                return left * right;
            case "**":
                return BigInteger.Abs(left) <= 1 || right * left.GetBitLength() <= NumberValue.MaximumBits
                    ? BigInteger.Pow(left, BigInteger.Abs(left) <= 1 ? (int)(right % 2) + (right.Sign > 0 ? 2 : 0) : (int)right)
                    : throw new TemplateRenderException($"an integer of more than {NumberValue.MaximumBits:N0} bits");
            default:
                // Both round towards minus infinity.
                var quotient = BigInteger.DivRem(left, right.IsZero ? throw DivisionByZero() : right, out var rest);
                var isRounded = !rest.IsZero && rest.Sign != right.Sign;
                return @operator == "//" ? quotient - (isRounded ? 1 : 0) : rest + (isRounded ? right : 0);
        }
    }

    private static double Calculate(string @operator, double left, double right)
    {
        if (right == 0 && @operator is ("/" or "//" or "%"))
        {
            throw DivisionByZero();
        }

        switch (@operator)
        {
            case "+":
                return left + right;
            case "-":
                return left - right;
            case "*":
                return left * right;
            case "/":
                return left / right;
            case "**":
                return Power(left, right);
            default:
                var rest = left % right;
                var isRounded = rest != 0 && (rest < 0) != (right < 0);
                rest = rest == 0 ? Math.CopySign(0, right) : isRounded ? rest + right : rest;
                return @operator == "%" ? rest : Math.Round((left - rest) / right);
        }
    }

    private static double Power(double left, double right)
    {
        if ((left == 0 && right < 0) || (left < 0 && right % 1 != 0 && double.IsFinite(left) && double.IsFinite(right)))
        {
            throw new TemplateRenderException("'**' has no real value for these operands");
        }

        var power = Math.Pow(left, right);
        return double.IsInfinity(power) && double.IsFinite(left) && double.IsFinite(right) ? throw new TemplateRenderException("'**' becomes too large") : power;
    }

    private static TemplateRenderException DivisionByZero() => new("a division by zero");
}
