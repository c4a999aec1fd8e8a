using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>A Unigram model as sentencepiece's spm_train writes it: the parts of its ModelProto that a tokenizer.json holds.</summary>
/// <param name="Pieces">Tokens with their log-probabilities, by id.</param>
/// <param name="NormalizationTable">The compiled rules (precompiled_charsmap): NFKC and what sentencepiece adds to it.</param>
internal sealed record SentencePieceModel(IReadOnlyList<(string Text, float Score)> Pieces, byte[] NormalizationTable)
{
    /// <summary>Trains one; the same text gives the same model. Skips the test where spm_train is not installed.</summary>
    /// <param name="folder">Where its files may lie.</param>
    /// <param name="text">What to learn from, a sentence a line.</param>
    /// <param name="byteFallback">Gives it the 256 bytes as tokens.</param>
    public static SentencePieceModel Train(string folder, string text, bool byteFallback)
    {
        var input = Path.Combine(folder, "sentences.txt");
        File.WriteAllText(input, text);
        // Few sentences, many scripts: a coverage below 1 leaves characters that are unknown to it.
        var start = new ProcessStartInfo(
            "spm_train",
            [
                $"--input={input}", $"--model_prefix={Path.Combine(folder, "unigram")}", "--model_type=unigram", "--vocab_size=3000", "--hard_vocab_limit=false",
                "--character_coverage=0.98", "--num_threads=1", "--minloglevel=2", $"--byte_fallback={(byteFallback ? "true" : "false")}",
            ])
        { RedirectStandardError = true };
        try
        {
            using var training = Process.Start(start)!;
            var errors = training.StandardError.ReadToEnd();
            training.WaitForExit();
            Assert.True(training.ExitCode == 0, errors);
        }
        catch (Win32Exception)
        {
            Assert.Skip("needs spm_train, of Debian's package sentencepiece");
        }

        return Parse(File.ReadAllBytes(Path.Combine(folder, "unigram.model")));
    }

    // ModelProto: 1 pieces {1 piece, 2 score}, 3 normalizer_spec {2 precompiled_charsmap}.
    private static SentencePieceModel Parse(byte[] model)
    {
        var pieces = new List<(string, float)>();
        var table = Array.Empty<byte>();
        foreach (var (number, value) in Fields(model))
        {
            if (number == 1)
            {
                var piece = Fields(value).ToDictionary(static field => field.Number, static field => field.Value);
                pieces.Add((Encoding.UTF8.GetString(piece[1]), BinaryPrimitives.ReadSingleLittleEndian(piece[2])));
            }
            else if (number == 3)
            {
                table = Fields(value).Single(static field => field.Number == 2).Value;
            }
        }

        return new SentencePieceModel(pieces, table);
    }

    private static IEnumerable<(int Number, byte[] Value)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Integer();
            var length = (key & 7) switch { 0 => -1, 1 => 8, 5 => 4, _ => Integer() };
            if (length < 0)
            {
                Integer();
                continue;
            }

            yield return (key >> 3, message[at..(at + length)]);
            at += length;

            int Integer()
            {
                var value = 0L;
                for (var shift = 0; ; shift += 7)
                {
                    value |= (long)(message[at] & 0x7F) << shift;
                    if (message[at++] < 0x80)
                    {
                        return (int)value;
                    }
                }
            }
        }
    }
}
