using System.Diagnostics;
using System.Text.Json;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>Tokenizers that run in node, by foreign/tokenize.mjs: npm tiktoken and @huggingface/tokenizers.</summary>
internal static class NodeTokenizer
{
    /// <summary>What a text became.</summary>
    /// <param name="Ids">Its token ids.</param>
    /// <param name="Text">What they decode to, special tokens kept.</param>
    public sealed record Answer(int[] Ids, string Text);

    /// <summary>Encodes texts with npm tiktoken.</summary>
    public static Task<IReadOnlyList<Answer>> TiktokenAsync(string encoding, IReadOnlyList<string> texts, bool special) =>
        RunAsync(new { kind = "tiktoken", encoding }, "tiktoken", texts, special);

    /// <summary>Encodes texts with npm @huggingface/tokenizers by the tokenizer.json and tokenizer_config.json of a folder.</summary>
    public static Task<IReadOnlyList<Answer>> HuggingFaceAsync(string folder, IReadOnlyList<string> texts, bool special) =>
        RunAsync(new { kind = "huggingface", folder }, "@huggingface/tokenizers", texts, special);

    private static async Task<IReadOnlyList<Answer>> RunAsync(object setup, string package, IReadOnlyList<string> texts, bool special)
    {
        PublishedFiles.Required(package);
        var start = new ProcessStartInfo("node", ["tokenize.mjs"])
        {
            WorkingDirectory = PublishedFiles.Foreign,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var errors = node.StandardError.ReadToEndAsync(limit.Token);
            var answers = ReadAsync(node.StandardOutput, limit.Token);
            // All of JSON is ASCII here: what is not is escaped.
            try
            {
                await node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(setup).AsMemory(), limit.Token);
                foreach (var text in texts)
                {
                    await node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { text, special }).AsMemory(), limit.Token);
                }

                node.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended early; what it printed says why.
            }

            await node.WaitForExitAsync(limit.Token);
            Assert.True(node.ExitCode == 0, await errors);
            Assert.Equal(texts.Count, (await answers).Count);
            return await answers;
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill();
            }
        }
    }

    private static async Task<IReadOnlyList<Answer>> ReadAsync(StreamReader output, CancellationToken cancellation)
    {
        var answers = new List<Answer>();
        while (await output.ReadLineAsync(cancellation) is { } line)
        {
            answers.Add(JsonSerializer.Deserialize<Answer>(line, JsonSerializerOptions.Web)!);
        }

        return answers;
    }
}
