using System.Text;
using System.Text.RegularExpressions;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tests.Fuzz;
using GenAiLab.V1;
using Google.Protobuf;
using SkiaSharp;
using Inference = GenAiLab.Inference;

namespace GenAiLab.Fuzz;

/// <summary>What fuzzing begins from: small things that are sound.</summary>
internal static partial class Seeds
{
    private const int FewestWords = 3;
    private const int MostWords = 200;

    private static readonly Lazy<string> GenAi = new(FuzzFolder.ForGenAi);
    private static readonly Lazy<string> HuggingFace = new(FuzzFolder.ForHuggingFace);

    /// <summary>Writes FOLDER/TARGET/seed-NUMBER, and FOLDER/TARGET.dict: the words in them, which a fuzzer would hardly make of bytes.</summary>
    public static void Write(string folder)
    {
        foreach (var (target, seeds) in All())
        {
            var own = Directory.CreateDirectory(Path.Combine(folder, target)).FullName;
            for (var at = 0; at < seeds.Length; at++)
            {
                File.WriteAllBytes(Path.Combine(own, $"seed-{at}"), seeds[at]);
            }

            var words = Words(seeds);
            File.WriteAllLines(Path.Combine(folder, $"{target}.dict"), words.Count < FewestWords ? [] : words.Select(static word => $"\"{word}\""));
        }
    }

    /// <summary>The words in some inputs, each once.</summary>
    public static IReadOnlyList<string> Words(IEnumerable<byte[]> inputs) =>
        [.. inputs.SelectMany(static input => Word().Matches(Encoding.Latin1.GetString(input)).Select(static match => match.Value)).Distinct().Take(MostWords)];

    /// <summary>By target.</summary>
    public static IReadOnlyDictionary<string, byte[][]> All() => new Dictionary<string, byte[][]>
    {
        ["chat-template"] = Texts(
            "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] | trim }} [/INST]{% else %}{{ m.content ~ eos_token }}{% endif %}{% endfor %}",
            "{%- set ns = namespace(n=0) %}{% for m in messages[1:] if m.role != 'tool' %}{% set ns.n = ns.n + loop.index0 %}{% endfor %}{{ ns.n }}{{ tools | tojson(indent=2) if tools else 'none' }}",
            "{% macro show(x, y=1) %}{{ x | upper }}{{ y }}{% endmacro %}{{ show('a', y=2.5) }}{{ raise_exception('no') if messages | length > 9 }}{{ strftime_now('%Y') }}"),
        ["film"] = [FilmFile.WriteApng([.. Enumerable.Range(0, 2).Select(static at => Plain(4, 4, (byte)at))]), Gif],
        ["generate-request"] =
        [
            new GenerateRequest
            {
                Model = "m",
                Text = "a",
                MaxTokens = 4,
                Stop = { "x" },
                Sampling = new SamplingProgram { Temperature = 0.5f, TopK = 3, TopP = 0.9f, MinP = 0.1f, Seed = 7, LogitBias = { new LogitBias { TokenId = 3, Bias = 1 } } },
                Constraint = new Constraint { Regex = "a+" },
                Candidates = 2,
                Alternatives = 1,
            }.ToByteArray(),
            new GenerateRequest { Constraint = new Constraint { JsonSchema = "{}" }, Tokens = new TokenIds { Ids = { 1, 2 } } }.ToByteArray(),
        ],
        ["genai-config"] = [File.ReadAllBytes(Path.Combine(GenAi.Value, GenAiConfig.FileName))],
        ["hugging-face-config"] = [File.ReadAllBytes(Path.Combine(HuggingFace.Value, HuggingFaceConfig.FileName))],
        ["json-schema"] = Texts(
            """{"type":"object","properties":{"a":{"type":"integer","minimum":3},"b":{"enum":["x",1,null]}},"required":["a"],"additionalProperties":false}""",
            """{"$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/n"},"maxItems":2}},"anyOf":[{"$ref":"#/$defs/n"},{"type":"string","pattern":"^a[b-d]{2,3}$","maxLength":5}]}"""),
        ["kserve"] =
        [
            new Inference.ModelInferRequest
            {
                ModelName = "m",
                Inputs = { Text("text_input", "a"), Text("sampling_parameters", """{"top_k":3,"stop":["x"]}""") },
                Parameters = { ["max_tokens"] = new Inference.InferParameter { Int64Param = 3 }, ["temperature"] = new Inference.InferParameter { DoubleParam = 0.5 } },
            }.ToByteArray(),
            new Inference.ModelInferRequest
            {
                ModelName = "m",
                Inputs = { new Inference.ModelInferRequest.Types.InferInputTensor { Name = "text_input", Datatype = "BYTES", Shape = { 1 } } },
                RawInputContents = { ByteString.CopyFrom(1, 0, 0, 0, 97) },
            }.ToByteArray(),
        ],
        ["onnx"] = [File.ReadAllBytes(Path.Combine(GenAi.Value, FuzzFolder.Graph))],
        ["openai-chat"] = Texts(
            """{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]}],"n":2,"stop":["x"],"logprobs":true,"top_logprobs":3,"stream":true,"stream_options":{"include_usage":true}}""",
            """{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"tool_choice":"auto","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}"""),
        ["openai-completion"] = Texts(
            """{"model":"m","prompt":"a","max_tokens":4,"temperature":0.5,"top_p":0.9,"seed":7,"logit_bias":{"3":-100},"logprobs":2,"echo":true,"best_of":2,"n":1,"presence_penalty":0.1}""",
            """{"model":"m","prompt":[1,2,3],"stop":"x","stream":true,"suffix":null}"""),
        ["picture"] = [PictureFile.WritePng(Plain(4, 4, 9)), Gif, Encoded(SKEncodedImageFormat.Jpeg), Encoded(SKEncodedImageFormat.Webp)],
        ["preferences"] = Texts(Preferences),
        ["regex"] = Texts("^(a|b)+[^c-f]{2,5}?(?:x|yz)*$", @"\d{3}-[a-zé]+\s?[\w.]*", "ab(c(d|e)?)*"),
        ["tokenizer"] = [.. SmallTokenizers.All.Select(static small => Encoding.UTF8.GetBytes(small.File.ToJsonString()))],
        ["tokenizer-config"] = Texts(
            """{"bos_token":"<s>","eos_token":{"content":"</s>","special":true},"chat_template":"{% for m in messages %}{{ m.content }}{% endfor %}","added_tokens_decoder":{"0":{"content":"<x>","special":true}}}""",
            """{"bos_token":null,"chat_template":[{"name":"default","template":"{{ messages }}"},{"name":"tool_use","template":"{{ tools | tojson }}"}]}"""),
        ["wav"] = [WavFile.Write(new Sound([0, 0.5f, -0.5f, 1], 8_000)), WavFile.Write(new Sound(new float[16], 44_100))],
    };

    private static string Preferences => string.Join('\n', new[] { "a", "b", "tie" }.Select(static (preferred, at) =>
        $$$"""{"id":"r{{{at}}}","prompt":[{"role":"user","content":"p"}],"answer_a":"x","answer_b":"y","model_a":"m","model_b":"m","preferred":"{{{preferred}}}","rater":"r","time":"2026-01-02T03:04:05.000006Z"}"""));

    // GIF89a with two colours, that repeats: two frames of one pixel, cleared between them, of which one is transparent.
    private static byte[] Gif =>
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255,
        0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0,
        0x21, 0xF9, 4, 0x08, 4, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0,
        0x21, 0xF9, 4, 0x09, 4, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0,
        0x3B,
    ];

    [GeneratedRegex(@"[A-Za-z_$#/.|]{3,32}|\{%-?|-?%\}|\{\{|\}\}")]
    private static partial Regex Word();

    private static Picture Plain(int width, int height, byte value) => new(width, height, [.. Enumerable.Repeat(value, 3 * width * height)]);

    private static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Olive);
        using var data = bitmap.Encode(format, quality: 80);
        return data.ToArray();
    }

    private static Inference.ModelInferRequest.Types.InferInputTensor Text(string name, string text) =>
        new() { Name = name, Datatype = "BYTES", Shape = { 1 }, Contents = new Inference.InferTensorContents { BytesContents = { ByteString.CopyFromUtf8(text) } } };

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
