using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>Each component with each of its settings, in the place of a published file's, does what the Rust library does; or the file is refused.</summary>
public sealed class ComponentTests(ITestOutputHelper output)
{
    private const int Texts = 500;
    private const int Entries = 3_000;

    [Fact]
    public void Normalizers() => Compare("gpt2", Components.Normalizers.Select(static component => With("normalizer", component)));

    [Fact]
    public void Pre_tokenizers() => Compare("llama2", Components.PreTokenizers.Select(static component => With("pre_tokenizer", component, ("normalizer", "null"))));

    [Fact]
    public void Pre_tokenizers_before_bytes() => Compare("gpt2", Components.PreTokenizers.Select(static component => With(
        "pre_tokenizer", component == "null" ? ByteLevel : $$"""{"type":"Sequence","pretokenizers":[{{component}},{{ByteLevel}}]}""")));

    [Fact]
    public void Post_processors() => Compare("gpt2", Components.PostProcessors.Select(static component => With("post_processor", component)));

    [Fact]
    public void Decoders()
    {
        Compare("llama2", Components.Decoders.Select(static component => With("decoder", component)));
        Compare("gpt2", Components.Decoders.Select(static component => With("decoder", component)));
    }

    [Fact]
    public void Models() => Compare("llama2", Components.Models.Select(static component => new Variation(component, file =>
    {
        var model = (JsonObject)JsonNode.Parse(component)!;
        foreach (var (key, value) in model)
        {
            file["model"]![key] = value?.DeepClone();
        }
    })));

    [Fact]
    public void Added_tokens()
    {
        // The library numbers added tokens itself, from the vocabulary's end on.
        Compare("llama2", Components.Flags.Select(static flags => Added(flags, Entries)));
        Compare("gpt2", Components.Flags.Select(static flags => Added(flags, Entries + 1)));
    }

    /// <summary>Components by character, and where they stand.</summary>
    public static TheoryData<string, string> ByCharacter => [.. Components.ByCharacter];

    [Theory]
    [MemberData(nameof(ByCharacter))]
    public void Every_code_point(string place, string component)
    {
        var file = Cut((JsonObject)JsonNode.Parse(File.ReadAllBytes(Path.Combine(PublishedFiles.Folder("gpt2"), "tokenizer.json")))!);
        file[place] = JsonNode.Parse(place == "normalizer" ? component : $$"""{"type":"Sequence","pretokenizers":[{{component}},{{ByteLevel}}]}""");
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, file.ToJsonString());
            var (rust, ours, differences) = (new RustTokenizer(path), TextTokenizer.Load(path), new Differences());
            var ids = new List<int>();
            foreach (var point in Alphabets.CodePoints)
            {
                var character = new Rune(point).ToString();
                var text = $"x{character}x {character}\u0301\u0327{character}";
                ids.Clear();
                ours.EncodeIds(text, ids, TestContext.Current.CancellationToken);
                differences.Compare(CharUnicodeInfo.GetUnicodeCategory(point).ToString(), text, rust.Encode(text)!, ids);
            }

            differences.AssertNone();
        }
        finally
        {
            File.Delete(path);
        }
    }

    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""";

    private static Variation With(string place, string component, params (string Place, string Component)[] others) => new(component, file =>
    {
        file[place] = JsonNode.Parse(component);
        foreach (var (other, value) in others)
        {
            file[other] = JsonNode.Parse(value);
        }
    });

    private static Variation Added(string flags, int id) => new(flags, file =>
    {
        var tokens = (JsonArray)file["added_tokens"]!;
        foreach (var content in new[] { "<mark>", "zqz", "Paris ", " x9", "ÉÀ" })
        {
            tokens.Add(JsonNode.Parse($$"""{"id":{{id++}},"content":"{{content}}",{{flags}}}"""));
        }
    });

    private void Compare(string published, IEnumerable<Variation> variations)
    {
        var folder = PublishedFiles.Folder(published);
        var json = Cut((JsonObject)JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")))!);
        List<ParityText> texts =
        [
            .. ParityVocabularies.Corpus(folder, Texts, seed: 5),
            .. new[] { "<mark>", " <mark> ", "a<mark>b", "zqz <mark> zqz", "bazqz zqz\tzqz", "in Paris  x9 x9", "Paris x9", " x9 x9", "zqz", "zqzs zqz. (zqz) _zqz zqz\u0301", "<mark><mark>\n <mark>", "ÉÀ éà E\u0301ÀÉÀ", "\u00A0<mark>\u3000" }.Select(static text => new ParityText("added tokens", text)),
        ];
        var path = Path.GetTempFileName();
        var (failures, compared) = (new StringBuilder(), 0);
        try
        {
            foreach (var (name, change) in variations)
            {
                var file = (JsonObject)json.DeepClone();
                change(file);
                File.WriteAllText(path, file.ToJsonString());
                TextTokenizer ours;
                try
                {
                    ours = TextTokenizer.Load(path);
                }
                catch (ModelFolderException refusal)
                {
                    output.WriteLine($"refused: {name}: {refusal.Message}");
                    continue;
                }

                compared++;
                if (Difference(new RustTokenizer(path), ours, texts) is { } difference)
                {
                    failures.AppendLine($"{published} with {name}\n{difference}");
                }
            }
        }
        finally
        {
            File.Delete(path);
        }

        Assert.True(compared > 0);
        Assert.True(failures.Length == 0, failures.ToString());
    }

    // Its first entries: each variation is loaded twice.
    private static JsonObject Cut(JsonObject file)
    {
        var model = file["model"]!;
        var kept = model["vocab"]!.AsObject().Where(static entry => entry.Value!.GetValue<int>() < Entries).ToDictionary(static entry => entry.Key, static entry => entry.Value!.DeepClone());
        var merges = model["merges"]!.AsArray().Select(static merge => merge!.GetValue<string>()).Where(merge => merge.Split(' ').Append(merge.Replace(" ", "", StringComparison.Ordinal)).All(kept.ContainsKey));
        model["merges"] = new JsonArray([.. merges.Select(static merge => (JsonNode)merge)]);
        model["vocab"] = new JsonObject(kept.Select(static entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        foreach (var token in file["added_tokens"]!.AsArray().Where(static token => token!["id"]!.GetValue<int>() >= Entries))
        {
            token!["id"] = Entries;
        }

        return file;
    }

    private static string? Difference(RustTokenizer rust, TextTokenizer ours, IReadOnlyList<ParityText> texts)
    {
        var differences = new Differences();
        var random = new Random(1);
        foreach (var (family, text) in texts)
        {
            // Null: the library itself fails, as on a text whose unknown characters have no token.
            if (rust.Encode(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))) is { } expected)
            {
                int[] actual = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
                differences.Compare(family, text, expected, actual);
                differences.Compare($"{family}, decoded", text, rust.Decode(expected), ours.Decode(expected, skipSpecialTokens: true));
            }

            int[] any = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(ours.VocabularySize))];
            differences.Compare("random ids, decoded", string.Join(' ', any), rust.Decode(any), ours.Decode(any, skipSpecialTokens: true));
        }

        return differences.Found ? differences.ToString() : null;
    }

    private sealed record Variation(string Name, Action<JsonObject> Change);
}
