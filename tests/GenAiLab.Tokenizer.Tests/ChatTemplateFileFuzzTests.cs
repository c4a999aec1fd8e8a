using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tests.Fuzz;
using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Tests;

/// <summary>A tokenizer_config.json from anywhere is refused with a reason or read; of the machine's own files it reads none but those of the folder.</summary>
public sealed partial class ChatTemplateFileFuzzTests : IDisposable
{
    private const int Mutations = 4_000;

    private static readonly JsonObject[] Files =
    [
        (JsonObject)JsonNode.Parse(
            """
            {"tokenizer_class":"PreTrainedTokenizerFast","bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false,"special":true},"model_max_length":2048,
             "chat_template":"{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] | trim }} [/INST]{% else %}{{ m['content'] ~ eos_token }}{% endif %}{% endfor %}"}
            """)!,
        (JsonObject)JsonNode.Parse(
            """
            {"bos_token":null,"eos_token":"<|im_end|>","added_tokens_decoder":{"0":{"content":"<|im_end|>","special":true}},
             "chat_template":[{"name":"default","template":"{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"},{"name":"tool_use","template":"{{ tools | tojson }}"}]}
            """)!,
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tokenizer-tests-");

    [Fact]
    public async Task A_damaged_configuration_is_refused_with_a_reason_or_read()
    {
        var (read, refused) = (0, 0);
        for (var index = 0; index < Mutations; index++)
        {
            var bytes = JsonMutation.Apply(Files[index % Files.Length], new Random(index));
            await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "tokenizer_config.json"), bytes, TestContext.Current.CancellationToken);
            try
            {
                await Task.Run(() => ChatTemplateFile.Read(_folder.FullName)).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
                read++;
            }
            catch (ModelFolderException refusal)
            {
                refused++;
                Assert.True(refusal.Message.StartsWith("tokenizer_config.json: ", StringComparison.Ordinal) && !Internal().IsMatch(refusal.Message), $"mutation {index}: '{refusal.Message}'");
            }
            catch (Exception error)
            {
                Assert.Fail($"mutation {index}: {error}\n{System.Text.Encoding.UTF8.GetString(bytes)[..Math.Min(bytes.Length, 2_000)]}");
            }
        }

        Assert.InRange(read, Mutations / 20, Mutations);
        Assert.InRange(refused, Mutations / 20, Mutations);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // What would show our insides: types, parameters, paths, stack traces.
    [GeneratedRegex(@"System\.|GenAiLab\.|Exception|Int32|JsonElement|Parameter '|\bat [A-Z]\w+\.|/tmp/|/home/|LineNumber|BytePosition")]
    private static partial Regex Internal();
}
