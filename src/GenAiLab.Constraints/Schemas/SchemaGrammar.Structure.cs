using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints.Schemas;

/// <summary>Objects and arrays.</summary>
internal sealed partial class SchemaGrammar
{
    // Properties in their order, each taken or, if it is optional, left out; then additional ones, any number of them.
    private void EmitObject(Rule rule, MergedSchema schema)
    {
        // Two rows of states: nothing written yet, and something written, where a comma must come first.
        var none = _layout.Open(rule.Start, (byte)'{');
        var some = _builder.NewState();

        // Whether there is an object at all depends on the required ones alone.
        var properties = schema.Properties().Where(property => property.IsRequired || !_onlyTellsApart).ToList();
        foreach (var (name, isRequired) in properties)
        {
            var pair = _builder.NewRule();
            _builder.TailCall(_layout.Name(pair.Start, name), RuleOf(schema.Property(name)));
            var (nextNone, nextSome) = (_builder.NewState(), _builder.NewState());
            _builder.Call(none, pair, nextSome, nests: true);
            _builder.Call(_layout.Separator(some), pair, nextSome, nests: true);
            if (isRequired)
            {
                if (schema.Property(name).FirstOrDefault(static node => node.AcceptsNothing) is { } forbidden)
                {
                    Explain(forbidden, $"the required property '{SchemaDocument.Shorten(name)}' is forbidden");
                }
            }
            else
            {
                _builder.Silent(none, nextNone);
                _builder.Silent(some, nextSome);
            }

            (none, some) = (nextNone, nextSome);
        }

        if (!_onlyTellsApart && schema.AdditionalProperties() is { } additional)
        {
            var pair = _builder.NewRule();
            var named = _builder.NewState();
            _builder.Call(_builder.Read(pair.Start, "\""u8), _strings.RestOfNameExcept([.. properties.Select(static property => property.Name)]), named);
            _builder.TailCall(_layout.Colon(named), RuleOf(additional));
            _builder.Call(none, pair, some, nests: true);
            _builder.Call(_layout.Separator(some), pair, some, nests: true);
        }

        _layout.Close(none, (byte)'}', rule.End);
        _layout.Close(some, (byte)'}', rule.End);
    }

    // One state for each number of items, as far as the number or the kind of item makes a difference.
    private void EmitArray(Rule rule, MergedSchema schema)
    {
        var maximum = _onlyTellsApart && !(schema.MaxItems < schema.MinItems) ? schema.MinItems : schema.Items();
        if (maximum < schema.MinItems)
        {
            Explain(schema, "minItems is greater than maxItems");
            return;
        }

        var state = _layout.Open(rule.Start, (byte)'[');
        var alike = Math.Max(1, Math.Max(schema.PrefixLength, schema.MinItems));
        for (var count = 0; ; count++)
        {
            if (count >= schema.MinItems)
            {
                _layout.Close(state, (byte)']', rule.End);
            }

            if (count >= maximum)
            {
                return;
            }

            var item = RuleOf(schema.Item(count));
            var before = count == 0 ? state : _layout.Separator(state);
            if (maximum is null && count >= alike)
            {
                _builder.Call(before, item, state, nests: true);
                return;
            }

            var next = _builder.NewState();
            _builder.Call(before, item, next, nests: true);
            state = next;
        }
    }
}
