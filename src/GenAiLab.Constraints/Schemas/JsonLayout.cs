using System.Text.Json;
using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;
using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Punctuation and white space of generated JSON: nothing or one space behind a colon and a comma; nothing or a
/// line feed with at most 20 spaces and tabs behind a comma and inside brackets.
/// </summary>
internal sealed class JsonLayout
{
    private const int Indentation = 20;
    private readonly GrammarBuilder _builder;
    private readonly Rule _line;

    public JsonLayout(GrammarBuilder builder)
    {
        _builder = builder;
        _line = builder.NewRule();
        var state = builder.Read(_line.Start, "\n"u8);
        for (var column = 0; column < Indentation; column++)
        {
            builder.Silent(state, _line.End);
            var next = builder.NewState();
            builder.Move(state, (byte)' ', (byte)' ', next);
            builder.Move(state, (byte)'\t', (byte)'\t', next);
            state = next;
        }

        builder.Silent(state, _line.End);
    }

    /// <summary>An opening bracket.</summary>
    public int Open(int from, byte bracket) => Line(_builder.Read(from, [bracket]));

    /// <summary>A closing bracket.</summary>
    public void Close(int from, byte bracket, int to) => _builder.Move(Line(from), bracket, bracket, to);

    /// <summary>A comma.</summary>
    public int Separator(int from)
    {
        var comma = _builder.Read(from, ","u8);
        var next = Line(comma);
        _builder.Move(comma, (byte)' ', (byte)' ', next);
        return next;
    }

    /// <summary>A name and its colon.</summary>
    public int Name(int from, string name) => Colon(_builder.Read(from, Quote(name)));

    /// <summary>A colon.</summary>
    public int Colon(int from)
    {
        var colon = _builder.Read(from, ":"u8);
        var next = _builder.NewState();
        _builder.Silent(colon, next);
        _builder.Move(colon, (byte)' ', (byte)' ', next);
        return next;
    }

    /// <summary>A certain value, as its schema spells it.</summary>
    /// <returns>The state behind it.</returns>
    public int Literal(int from, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var state = Open(from, (byte)'{');
                foreach (var (at, property) in value.EnumerateObject().Index())
                {
                    state = Literal(Name(at == 0 ? state : Separator(state), property.Name), property.Value);
                }

                var end = _builder.NewState();
                Close(state, (byte)'}', end);
                return end;
            case JsonValueKind.Array:
                state = Open(from, (byte)'[');
                foreach (var (at, item) in value.EnumerateArray().Index())
                {
                    state = Literal(at == 0 ? state : Separator(state), item);
                }

                end = _builder.NewState();
                Close(state, (byte)']', end);
                return end;
            default:
                return _builder.Read(from, Scalar(value));
        }
    }

    /// <summary>The bytes of a value that is no object or array.</summary>
    public static byte[] Scalar(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Quote(value.GetString()!) : System.Text.Encoding.ASCII.GetBytes(value.GetRawText());

    /// <summary>A string in quotation marks.</summary>
    public static byte[] Quote(string text) => [(byte)'"', .. TextEncodings.Spell(text, TextEncoding.JsonString), (byte)'"'];

    // Nothing or a new line.
    private int Line(int from)
    {
        var next = _builder.NewState();
        _builder.Silent(from, next);
        _builder.Call(from, _line, next);
        return next;
    }
}
