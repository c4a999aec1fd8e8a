using System.Text;
using GenAiLab.Decoder;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Fuzz.Targets;

/// <summary>Files of a model's folder, which anyone may have written.</summary>
internal static class FolderFiles
{
    private const string Text = " The  Cat,  éß東 \0\ufeff<s></s>[CLS]<|end|>12'sx";

    private static readonly ChatTurn[] Conversation =
    [
        new("system", "Be brief."), new("user", "Is it {{ 7 * 7 }}?"), new("assistant", null) { ToolCalls = [new("call-1", "look", Arguments)] }, new("tool", "no") { ToolCallId = "call-1" },
    ];

    private static readonly ChatTool[] Tools = [new("look", "Looks.", Arguments)];

    // Each target's own, and each thread's: what one damages is not another's.
    private static readonly ThreadLocal<string> ForTemplates = new(FuzzFolder.ForTemplates);
    private static readonly ThreadLocal<string> ForGenAi = new(FuzzFolder.ForGenAi);
    private static readonly ThreadLocal<string> ForHuggingFace = new(FuzzFolder.ForHuggingFace);
    private static readonly ThreadLocal<string> ForGraphs = new(FuzzFolder.ForGenAi);

    private static readonly Dictionary<string, TemplateValue> Tokens = new()
    {
        ["bos_token"] = TextValue.Trusted("<s>"),
        ["eos_token"] = TextValue.Trusted("</s>"),
    };

    private static System.Text.Json.JsonElement Arguments => System.Text.Json.JsonDocument.Parse("""{"type":"object","properties":{"at":{"type":"string"}}}""").RootElement;

    public static bool Tokenizer(byte[] file) => Try(() =>
    {
        var tokenizer = TextTokenizer.Parse(file);
        var ids = tokenizer.Encode(Text, addSpecialTokens: true, parseSpecialTokens: true).Select(static span => span.Id).ToList();
        tokenizer.Decode(ids, skipSpecialTokens: false);
        tokenizer.Encode(Text, addSpecialTokens: false, parseSpecialTokens: false);
    });

    public static bool ChatTemplate(byte[] text) => Try(() =>
    {
        var template = GenAiLab.Tokenizer.ChatTemplates.ChatTemplate.Parse(Encoding.UTF8.GetString(text), Tokens);
        template.Render(Conversation, [], addGenerationPrompt: true, CancellationToken.None);
        template.Render(Conversation, Tools, addGenerationPrompt: false, CancellationToken.None);
    });

    public static bool TokenizerConfiguration(byte[] file) => In(ForTemplates, "tokenizer_config.json", file, static folder => ChatTemplateFile.Read(folder));

    public static bool GenAiConfiguration(byte[] file) => In(ForGenAi, GenAiConfig.FileName, file, static folder => DecoderConfig.Read(folder));

    public static bool HuggingFaceConfiguration(byte[] file) => In(ForHuggingFace, HuggingFaceConfig.FileName, file, static folder => DecoderConfig.Read(folder));

    // All that reads a graph before ONNX Runtime does.
    public static bool Onnx(byte[] file) => In(ForGraphs, FuzzFolder.Graph, file, static folder => DecoderGraphLoading.Prepare(DecoderSource.Open(folder, new DecoderOptions())));

    private static bool In(ThreadLocal<string> folder, string name, byte[] content, Action<string> read)
    {
        var path = Path.Combine(folder.Value!, name);
        File.WriteAllBytes(path, content);
        return Try(() => read(folder.Value!));
    }

    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (TemplateRenderException)
        {
            // In the words of the template, which may be any (raise_exception).
            return false;
        }
        catch (Exception refusal) when (refusal is ModelFolderException or TokenizationException or TemplateSyntaxException)
        {
            Refusal.Check(refusal.Message);
            return false;
        }
    }
}
