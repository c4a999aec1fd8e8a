using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>
/// The <c>loop</c> of a for statement. Looks no further ahead than it is asked to: a condition on the items may depend on
/// what the body sets.
/// </summary>
/// <param name="items">What is looped over.</param>
/// <param name="count">How many, where it is known without looking.</param>
/// <param name="depth0">How deep a recursive loop is, from 0.</param>
/// <param name="again">Runs the loop's body over other items; null: the loop is not recursive.</param>
internal sealed class LoopValue(IEnumerable<TemplateValue> items, int? count, int depth0, Func<TemplateValue, TemplateValue>? again) : TemplateValue
{
    private readonly Queue<TemplateValue> _ahead = [];
    private readonly IEnumerator<TemplateValue> _items = items.GetEnumerator();
    private TemplateValue? _before, _current;
    private IReadOnlyList<TemplateValue>? _compared;
    private int _index0 = -1;
    private int? _count = count;

    public override string Kind => "a loop";

    /// <summary>Goes to the next item; null: there is none.</summary>
    public TemplateValue? Next()
    {
        if (!LooksAhead())
        {
            return null;
        }

        (_before, _current) = (_current, _ahead.Dequeue());
        _index0++;
        return _current;
    }

    /// <summary>One of its attributes; null: there is none of this name.</summary>
    public TemplateValue? Attribute(string name) => name switch
    {
        "index" => Number(_index0 + 1),
        "index0" => Number(_index0),
        "first" => TruthValue.Of(_index0 == 0),
        "last" => TruthValue.Of(!LooksAhead()),
        "length" => Number(Length()),
        "revindex" => Number(Length() - _index0),
        "revindex0" => Number(Length() - _index0 - 1),
        "depth" => Number(depth0 + 1),
        "depth0" => Number(depth0),
        "previtem" => _before ?? new UndefinedValue("there is no previous item"),
        "nextitem" => LooksAhead() ? _ahead.Peek() : new UndefinedValue("there is no next item"),
        _ => null,
    };

    /// <summary><c>loop.cycle(…)</c></summary>
    public TemplateValue Cycle(IReadOnlyList<TemplateValue> values) =>
        values.Count > 0 ? values[_index0 % values.Count] : throw new TemplateRenderException("'loop.cycle' is given nothing");

    /// <summary><c>loop.changed(…)</c>: whether it was called with other values the last time.</summary>
    public bool Changed(IReadOnlyList<TemplateValue> values, Func<TemplateValue, TemplateValue, bool> areEqual)
    {
        var changed = _compared is null || _compared.Count != values.Count || !_compared.Zip(values).All(pair => areEqual(pair.First, pair.Second));
        _compared = values;
        return changed;
    }

    /// <summary><c>loop(items)</c></summary>
    public TemplateValue Again(TemplateValue items) =>
        again is null ? throw new TemplateRenderException("a loop that is called needs the word 'recursive'") : again(items);

    private static NumberValue Number(int value) => new(value);

    private bool LooksAhead()
    {
        if (_ahead.Count == 0 && _items.MoveNext())
        {
            _ahead.Enqueue(_items.Current);
        }

        return _ahead.Count > 0;
    }

    private int Length()
    {
        if (_count is null)
        {
            while (_items.MoveNext())
            {
                _ahead.Enqueue(_items.Current);
            }

            _count = _index0 + 1 + _ahead.Count;
        }

        return _count.Value;
    }
}
