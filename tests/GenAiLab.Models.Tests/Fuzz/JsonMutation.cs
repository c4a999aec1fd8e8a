using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Models.Tests.Fuzz;

/// <summary>Damages a JSON file as an attacker or a bad disk would: by structure, and by bytes.</summary>
internal static class JsonMutation
{
    private static readonly string[] Texts =
    [
        "", " ", "a", "▁", "\0", "\ufffd", "<0x41>", "<0xZZ>", "../../etc/passwd", "/etc/passwd", "%s%n", new('a', 100_000), new('\u0301', 50_000), "(a+)+$", "(a|a)*b", "(.*)*c", "(?:a?){30}a{30}", "(?<=a+)b", "\\1(a)", "[", "(?", "\\p{L", "\\p{Nope}",
        "a{1,100000}", "(a{1,1000}){1,1000}", "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "", "()", "^", "\\b", "(?i)É", "(?#", "[\\p{L}&&[^a]]", "\\X", "\\K", "BPE", "WordPiece", "Unigram", "WordLevel", "Sequence", "ByteLevel", "Metaspace", "NFKD", "Precompiled",
        "Split", "Strip", "Replace", "ByteFallback", "Fuse", "CTC", "TemplateProcessing", "BertNormalizer", "Isolated", "Removed", "MergedWithPrevious", "Contiguous", "always", "never", "first", "AAAAAA==",
    ];

    private static readonly string[] Literals =
    [
        "null", "true", "false", "0", "-1", "1", "2", "255", "256", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "1e308", "-1e308", "0.5", "1e-320", "[]", "{}", "[[]]", "[null]", "{\"\":null}", "[\"a\",\"b\"]", "[\"a\",-1]", "\"\"",
        "{\"type\":\"Sequence\"}", "{\"type\":\"Sequence\",\"normalizers\":[],\"pretokenizers\":[],\"decoders\":[],\"processors\":[]}", "{\"String\":\"\"}", "{\"Regex\":\"\"}",
    ];

    /// <summary>A damaged copy of a file.</summary>
    /// <param name="file">A sound one; it stays as it is.</param>
    /// <param name="random">Decides what is damaged and how.</param>
    public static byte[] Apply(JsonObject file, Random random)
    {
        if (random.Next(4) == 0)
        {
            return Bytes(Encoding.UTF8.GetBytes(file.ToJsonString(Readable)), random);
        }

        var copy = (JsonObject)file.DeepClone();
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            Structure(copy, random);
        }

        var json = copy.ToJsonString(Readable);
        if (random.Next(12) == 0)
        {
            json = Repeated(json, random);
        }

        return Encoding.UTF8.GetBytes(json);
    }

    private static readonly JsonSerializerOptions Readable = new() { MaxDepth = 10_000 };

    private static void Structure(JsonObject root, Random random)
    {
        // Components first: most of a file is its vocabulary.
        var places = Places(root, random.Next(3) > 0).ToList();
        if (places.Count == 0)
        {
            return;
        }

        var (parent, key) = places[random.Next(places.Count)];
        switch (random.Next(7))
        {
            case 0:
                Remove(parent, key);
                break;
            case 1:
                Set(parent, key, JsonNode.Parse(Literals[random.Next(Literals.Length)]));
                break;
            case 2:
                Set(parent, key, Texts[random.Next(Texts.Length)]);
                break;
            case 3:
                Set(parent, key, Nested(random));
                break;
            case 4 when parent is JsonArray array:
                for (var copies = random.Next(1, random.Next(20) == 0 ? 2_000 : 4); copies > 0; copies--)
                {
                    array.Insert((int)key, array[(int)key]?.DeepClone());
                }

                break;
            case 5:
                // What belongs elsewhere: a component in the place of another, an object within itself.
                var (other, otherKey) = places[random.Next(places.Count)];
                Set(parent, key, Get(other, otherKey)?.DeepClone());
                break;
            case 6 when parent is JsonObject named:
                var value = named[(string)key];
                named.Remove((string)key);
                named[Texts[random.Next(Texts.Length)]] = value;
                break;
            default:
                if (Get(parent, key) is JsonValue number && number.GetValueKind() == JsonValueKind.Number)
                {
                    Set(parent, key, random.Next(-2, 400));
                }

                break;
        }
    }

    private static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode node, bool componentsOnly)
    {
        var children = node switch
        {
            JsonObject named => named.Select(static (child, _) => ((object)child.Key, child.Value)),
            JsonArray array => array.Select(static (child, index) => ((object)index, child)),
            _ => [],
        };
        foreach (var (key, child) in children)
        {
            yield return (node, key);
            if (child is not null && !(componentsOnly && key is "vocab" or "merges"))
            {
                foreach (var place in Places(child, componentsOnly))
                {
                    yield return place;
                }
            }
        }
    }

    private static JsonNode? Nested(Random random)
    {
        var depth = random.Next(2) == 0 ? random.Next(1, 40) : random.Next(40, 400);
        var (open, close) = random.Next(3) switch
        {
            0 => ("[", "]"),
            1 => ("{\"type\":\"Sequence\",\"normalizers\":[", "]}"),
            _ => ("{\"type\":\"Sequence\",\"pretokenizers\":[", "]}"),
        };
        return JsonNode.Parse(string.Concat(Enumerable.Repeat(open, depth)) + string.Concat(Enumerable.Repeat(close, depth)), documentOptions: new JsonDocumentOptions { MaxDepth = 1_000 });
    }

    // A key given twice, which a node tree cannot hold.
    private static string Repeated(string json, Random random)
    {
        var at = json.IndexOf('{', random.Next(json.Length));
        return at < 0 ? json : json.Insert(at + 1, Literals[random.Next(Literals.Length)] is var literal && random.Next(2) == 0 ? $"\"type\":{literal}," : $"\"id\":{literal},\"id\":1,");
    }

    private static byte[] Bytes(byte[] file, Random random)
    {
        var bytes = file.ToList();
        for (var left = random.Next(1, 6); left > 0 && bytes.Count > 0; left--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40)));
                    break;
                case 2:
                    bytes.Insert(at, (byte)"{}[],:\"\\0-e "[random.Next(12)]);
                    break;
                case 3 when left == 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 60))));
                    break;
            }
        }

        return [.. bytes];
    }

    private static JsonNode? Get(JsonNode parent, object key) => parent is JsonArray array ? array[(int)key] : parent[(string)key];

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (parent is JsonArray array)
        {
            array[(int)key] = value;
        }
        else
        {
            parent[(string)key] = value;
        }
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (parent is JsonArray array)
        {
            array.RemoveAt((int)key);
        }
        else
        {
            ((JsonObject)parent).Remove((string)key);
        }
    }
}
