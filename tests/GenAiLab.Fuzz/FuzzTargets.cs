using GenAiLab.Fuzz.Targets;

namespace GenAiLab.Fuzz;

/// <summary>
/// What is fuzzed, by name. A target takes any bytes: it reads and uses them, which is true, or refuses them by the exception
/// and in the words that are meant for it, which is false. Every other exception is a finding.
/// </summary>
internal static class FuzzTargets
{
    public static IReadOnlyDictionary<string, Func<byte[], bool>> All { get; } = new SortedDictionary<string, Func<byte[], bool>>(StringComparer.Ordinal)
    {
        ["chat-template"] = FolderFiles.ChatTemplate,
        ["film"] = MediaFiles.Film,
        ["generate-request"] = Requests.Generate,
        ["genai-config"] = FolderFiles.GenAiConfiguration,
        ["hugging-face-config"] = FolderFiles.HuggingFaceConfiguration,
        ["json-schema"] = Constraining.JsonSchema,
        ["kserve"] = Requests.KServe,
        ["onnx"] = FolderFiles.Onnx,
        ["openai-chat"] = Requests.OpenAiChat,
        ["openai-completion"] = Requests.OpenAiCompletion,
        ["picture"] = MediaFiles.Picture,
        ["preferences"] = PreferenceLines.Read,
        ["regex"] = Constraining.Regex,
        ["tokenizer"] = FolderFiles.Tokenizer,
        ["tokenizer-config"] = FolderFiles.TokenizerConfiguration,
        ["wav"] = MediaFiles.Wav,
    };
}
