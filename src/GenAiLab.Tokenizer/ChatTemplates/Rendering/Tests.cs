using System.Collections.Frozen;
using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>What stands after "is".</summary>
internal static class Tests
{
    private static readonly Signature Other = new("other");

    private static readonly FrozenDictionary<string, Operation> All = ((Operation[])
    [
        Test("defined", static value => value is not UndefinedValue),
        Test("undefined", static value => value is UndefinedValue),
        Test("none", static value => value is NoneValue),
        Test("boolean", static value => value is TruthValue),
        Test("true", static value => value is TruthValue { Value: true }),
        Test("false", static value => value is TruthValue { Value: false }),
        Test("integer", static value => value is NumberValue),
        Test("float", static value => value is DecimalValue),
        Test("number", Numbers.IsNumber),
        Test("string", static value => value is TextValue),
        Test("mapping", static value => value is MapValue),
        Test("iterable", static value => Iteration.Items(value) is not null || value is LoopValue),
        Test("sequence", static value => value is TextValue or ListValue or TupleValue or MapValue or RangeValue or UndefinedValue),
        Test("callable", static value => value is FunctionValue or MethodValue or MacroValue or JoinerValue or LoopValue or UndefinedValue),
        Test("escaped", static value => value is TextValue { IsEscaped: true }),
        new("lower", Signature.None, static (value, _, renderer) => TruthValue.Of(LetterCase.IsLower(Paid(value, renderer)))),
        new("upper", Signature.None, static (value, _, renderer) => TruthValue.Of(LetterCase.IsUpper(Paid(value, renderer)))),
        new("odd", Signature.None, static (value, _, _) => TruthValue.Of(Modulo(value, 2) is { IsOne: true })),
        new("even", Signature.None, static (value, _, _) => TruthValue.Of(Modulo(value, 2) is { IsZero: true })),
        new("divisibleby", new Signature("num"), static (value, arguments, _) =>
            TruthValue.Of(Modulo(value, Numbers.Integer(arguments[0]!) ?? throw Unfit("divisibleby", arguments[0]!)) is { IsZero: true })),
        new("sameas", Other, static (value, arguments, renderer) => TruthValue.Of(AreSame(value, arguments[0]!, renderer))),
        new("in", new Signature("seq"), static (value, arguments, renderer) => TruthValue.Of(new Comparison(renderer.Budget).IsIn(value, arguments[0]!))),
        .. Comparisons("==", "==", "eq", "equalto"),
        .. Comparisons("!=", "!=", "ne"),
        .. Comparisons(">", ">", "gt", "greaterthan"),
        .. Comparisons(">=", ">=", "ge"),
        .. Comparisons("<", "<", "lt", "lessthan"),
        .. Comparisons("<=", "<=", "le"),
    ]).ToFrozenDictionary(static test => test.Name);

    /// <summary>Null: there is none of this name.</summary>
    public static Operation? Find(string name) => All.GetValueOrDefault(name);

    private static Operation Test(string name, Func<TemplateValue, bool> holds) =>
        new(name, Signature.None, (value, _, _) => TruthValue.Of(holds(value)));

    private static IEnumerable<Operation> Comparisons(string @operator, params string[] names) =>
        names.Select(name => new Operation(name, Other, (value, arguments, renderer) =>
            TruthValue.Of(new Comparison(renderer.Budget).Holds(@operator, value, arguments[0]!))));

    private static string Paid(TemplateValue value, Renderer renderer)
    {
        var text = renderer.Print(value).Text;
        renderer.Budget.Spend(text.Length);
        return text;
    }

    private static BigInteger Modulo(TemplateValue value, BigInteger by)
    {
        if (by.IsZero)
        {
            throw new TemplateRenderException("a division by zero");
        }

        // Of a number with a fraction only whether anything is left counts.
        return value is DecimalValue number ? (number.Value % (double)by == 0 ? BigInteger.Zero : number.Value % (double)by == 1 ? BigInteger.One : BigInteger.MinusOne)
            : Numbers.Integer(value) is { } integer ? (((integer % by) + by) % by)
            : throw (value as UndefinedValue)?.Fault() ?? Unfit("%", value);
    }

    // Python keeps one object of what is equal where it can.
    private static bool AreSame(TemplateValue left, TemplateValue right, Renderer renderer) => (left, right) switch
    {
        (NumberValue, NumberValue) or (TextValue, TextValue) => new Comparison(renderer.Budget).AreEqual(left, right),
        _ => ReferenceEquals(left, right),
    };

    private static TemplateRenderException Unfit(string name, TemplateValue value) => new($"'{name}' does not take {value.Kind}");
}
