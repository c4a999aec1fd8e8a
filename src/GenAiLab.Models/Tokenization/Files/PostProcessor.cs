using System.Text.Json;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>What is added in front of a text's tokens and behind them.</summary>
internal sealed record PostProcessor(IReadOnlyList<int> Front, IReadOnlyList<int> Behind)
{
    /// <summary>Adds nothing.</summary>
    public static readonly PostProcessor Nothing = new([], []);

    /// <summary>Reads the post_processor of a tokenizer.json.</summary>
    public static PostProcessor Read(JsonElement root) =>
        root.TryGetProperty("post_processor", out var processor) && processor.ValueKind != JsonValueKind.Null
            ? Read(new TokenizerComponent(processor, "post_processor"))
            : Nothing;

    private static PostProcessor Read(TokenizerComponent component)
    {
        var processor = Create(component);
        component.Done();
        return processor;
    }

    private static PostProcessor Create(TokenizerComponent component)
    {
        switch (component.Type)
        {
            case "ByteLevel":
                IgnorePlaces(component);
                return Nothing;
            case "BertProcessing":
                return new PostProcessor([Pair(component, "cls")], [Pair(component, "sep")]);
            case "RobertaProcessing":
                IgnorePlaces(component);
                return new PostProcessor([Pair(component, "cls")], [Pair(component, "sep")]);
            case "Sequence":
                // Each is put around what the ones before it made.
                return component.Parts("processors").Select(Read).Aggregate(Nothing, static (inner, outer) =>
                    new PostProcessor([.. outer.Front, .. inner.Front], [.. inner.Behind, .. outer.Behind]));
            case "TemplateProcessing":
                return Template(component);
            default:
                throw component.Unsupported();
        }
    }

    // They trim white space from the places of tokens. Ours hold it: they are those of the bytes that a token stands for.
    private static void IgnorePlaces(TokenizerComponent component)
    {
        component.Flag("trim_offsets", otherwise: true);
        component.Flag("add_prefix_space", otherwise: true);
        component.Flag("use_regex", otherwise: true);
    }

    private static int Pair(TokenizerComponent component, string name)
    {
        var pair = component.Value(name);
        return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 ? Id(pair[1], component) : throw component.Wrong($"has a '{name}' that is not a token and its id");
    }

    private static int Id(JsonElement value, TokenizerComponent component) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id is >= 0 and < TokenizerFile.MaximumEntries ? id
            : throw component.Wrong("names a token by an id out of range");

    private static PostProcessor Template(TokenizerComponent component)
    {
        component.Value("pair"); // For two texts, which are never encoded together here.
        var tokens = component.Value("special_tokens");
        var single = component.Value("single");
        if (tokens.ValueKind != JsonValueKind.Object || single.ValueKind != JsonValueKind.Array)
        {
            throw component.Wrong("has a 'single' that is no list, or 'special_tokens' that are no object");
        }

        var (front, behind) = (new List<int>(), new List<int>());
        var sequences = 0;
        foreach (var piece in single.EnumerateArray())
        {
            if (piece.ValueKind == JsonValueKind.Object && piece.TryGetProperty("Sequence", out var sequence)
                && sequence.ValueKind == JsonValueKind.Object && sequence.TryGetProperty("id", out var id) && id.ValueEquals("A"))
            {
                sequences++;
            }
            else if (piece.ValueKind == JsonValueKind.Object && piece.TryGetProperty("SpecialToken", out var token)
                && token.ValueKind == JsonValueKind.Object && token.TryGetProperty("id", out var name) && name.ValueKind == JsonValueKind.String
                && tokens.TryGetProperty(name.GetString()!, out var entry) && entry.ValueKind == JsonValueKind.Object
                && entry.TryGetProperty("ids", out var ids) && ids.ValueKind == JsonValueKind.Array)
            {
                (sequences == 0 ? front : behind).AddRange(ids.EnumerateArray().Select(one => Id(one, component)));
            }
            else
            {
                throw component.Wrong("has a 'single' with a piece that is neither the text nor one of its special tokens");
            }
        }

        return sequences == 1 && front.Count + behind.Count <= TokenizerFile.MaximumAdded ? new PostProcessor(front, behind)
            : throw component.Wrong($"has a 'single' that does not hold the text once, or adds more than {TokenizerFile.MaximumAdded} tokens");
    }
}
