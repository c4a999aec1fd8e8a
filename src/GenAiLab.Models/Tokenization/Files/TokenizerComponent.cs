using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization.Patterns;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>
/// One object of a tokenizer.json, of which each parameter is asked for by name. Those that nobody asks for are refused
/// with <see cref="Done"/>: what is not understood is never passed over.
/// </summary>
internal sealed class TokenizerComponent
{
    private const int MaximumComponents = 256;

    private readonly JsonElement _element;
    private readonly string _role;
    private readonly StrongBox<int> _count; // Of components in a file's part, this one among them.
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal) { "type" };

    /// <param name="element">The object.</param>
    /// <param name="role">What it is for, as the file calls it: normalizer, pre_tokenizer.</param>
    public TokenizerComponent(JsonElement element, string role)
        : this(element, role, new StrongBox<int>())
    {
    }

    private TokenizerComponent(JsonElement element, string role, StrongBox<int> count)
    {
        (_element, _role, _count) = (element, role, count);
        if (++count.Value > MaximumComponents)
        {
            throw Refused($"the {role} is made of more than {MaximumComponents} parts");
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Refused($"the {role} is no object");
        }

        Type = element.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
    }

    /// <summary>The component's name in the file; empty where it has none.</summary>
    public string Type { get; }

    public static ModelFolderException Refused(string reason) => new(TokenizerFile.FileName, reason);

    /// <summary>A refusal that names the component.</summary>
    public ModelFolderException Wrong(string reason) => Refused($"the {_role} '{Shown(Type)}' {reason}");

    /// <summary>A refusal of a component by its name.</summary>
    public ModelFolderException Unsupported() => Refused($"the {_role} '{Shown(Type)}' is not supported");

    public bool Has(string name) => Find(name) is not null;

    public JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public JsonElement Value(string name) => Find(name) ?? throw Wrong($"has no '{name}'");

    public string? OptionalText(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong($"has a '{name}' that is no text");

    public string Text(string name) => OptionalText(name) ?? throw Wrong($"has no '{name}'");

    /// <summary>A single code point.</summary>
    public int Character(string name)
    {
        var runes = Text(name).EnumerateRunes().ToList();
        return runes.Count == 1 ? runes[0].Value : throw Wrong($"has a '{name}' that is not one character");
    }

    public bool Flag(string name, bool otherwise) => Find(name) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong($"has a '{name}' that is neither true nor false");

    public bool Flag(string name) => Has(name) ? Flag(name, false) : throw Wrong($"has no '{name}'");

    public int? OptionalNumber(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number : throw Wrong($"has a '{name}' that is no number from 0 on");

    public int Number(string name) => OptionalNumber(name) ?? throw Wrong($"has no '{name}'");

    /// <summary>The parts of a component that is made of others, each null-free.</summary>
    public IEnumerable<TokenizerComponent> Parts(string name)
    {
        var parts = Value(name);
        return parts.ValueKind == JsonValueKind.Array
            ? parts.EnumerateArray().Select(part => new TokenizerComponent(part, _role, _count))
            : throw Wrong($"has '{name}' that are no list");
    }

    /// <summary>What is looked for: { "String": … } or { "Regex": … }.</summary>
    public TextPattern Pattern(string name)
    {
        var value = Value(name);
        if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 1)
        {
            var kind = value.EnumerateObject().First();
            if (kind.Value.ValueKind == JsonValueKind.String && kind.Value.GetString() is { Length: > 0 } text)
            {
                switch (kind.Name)
                {
                    case "String":
                        return new LiteralPattern(text);
                    case "Regex":
                        return Expression(text);
                }
            }
        }

        throw Wrong($"has a '{name}' that is neither a String nor a Regex, or empty");
    }

    /// <summary>To be called when everything has been asked for.</summary>
    public void Done()
    {
        foreach (var property in _element.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                throw Wrong($"has a parameter '{Shown(property.Name)}', which is not supported");
            }
        }
    }

    // What a file says about itself, short enough for a message.
    private static string Shown(string name) => name.Length <= 40 ? name : name[..40] + "…";

    private TextPattern Expression(string text)
    {
        try
        {
            return KnownPatterns.Find(text);
        }
        catch (NotSupportedException error)
        {
            throw Wrong($"has a regular expression that is not supported: {error.Message}");
        }
    }
}
