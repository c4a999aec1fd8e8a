using System.Text;
using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>A JSON Schema and the schemas within it, each read when it is first asked for. Not thread-safe.</summary>
internal sealed class SchemaDocument
{
    private const int MaximumDepth = 128;
    private readonly Dictionary<string, SchemaNode> _byPointer = [];
    private readonly List<SchemaNode> _nodes = [];
    private readonly JsonElement _root;

    private SchemaDocument(JsonElement root) => _root = root;

    /// <summary>The schema as a whole.</summary>
    public SchemaNode Root => At("#", _root);

    /// <exception cref="ConstraintException">It is not JSON.</exception>
    public static SchemaDocument Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(
                Encoding.UTF8.GetBytes(text), new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            JsonUnicode.Check(document.RootElement);
            return new SchemaDocument(document.RootElement.Clone());
        }
        catch (JsonException invalid)
        {
            throw new ConstraintException(
                $"the schema is not JSON of at most {MaximumDepth} levels with each name once per object (line {invalid.LineNumber + 1}, byte {invalid.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            throw new ConstraintException("the schema holds a string with half of a surrogate pair");
        }
    }

    /// <summary>The schema with a number.</summary>
    public SchemaNode Node(int id) => _nodes[id];

    /// <summary>A schema within.</summary>
    public SchemaNode At(string pointer, JsonElement element)
    {
        if (!_byPointer.TryGetValue(pointer, out var node))
        {
            node = new SchemaNode(this, _nodes.Count, pointer, element);
            _nodes.Add(node);
            _byPointer.Add(pointer, node);
        }

        return node;
    }

    /// <summary>The schema that a reference means.</summary>
    /// <param name="reference">"#" or "#/..."; anything else is refused.</param>
    /// <param name="from">Where it stands.</param>
    public SchemaNode Resolve(string reference, string from)
    {
        if (reference != "#" && !reference.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new ConstraintException($"the schema at {from}: $ref '{Shorten(reference)}' is not supported; only #/... within the same schema is");
        }

        var (element, pointer) = (_root, "#");
        foreach (var escaped in reference.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(escaped).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var found = element.ValueKind switch
            {
                JsonValueKind.Object => element.TryGetProperty(name, out element),
                JsonValueKind.Array => int.TryParse(name, out var at) && at >= 0 && at < element.GetArrayLength() && Take(ref element, at),
                _ => false,
            };
            if (!found)
            {
                throw new ConstraintException($"the schema at {from}: $ref '{Shorten(reference)}' leads nowhere");
            }

            pointer = Append(pointer, name);
        }

        return At(pointer, element);

        static bool Take(ref JsonElement element, int at)
        {
            element = element[at];
            return true;
        }
    }

    /// <summary>A pointer one step further.</summary>
    public static string Append(string pointer, string name) =>
        $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>What a message may quote.</summary>
    public static string Shorten(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, 80)}…";
}
