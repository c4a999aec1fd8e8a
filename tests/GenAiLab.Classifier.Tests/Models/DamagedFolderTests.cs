using System.Diagnostics;
using System.Text;
using GenAiLab.Classifier.Folders;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>Folders whose files are damaged at random: a classifier, or a reason that names a file.</summary>
public sealed class DamagedFolderTests(ITestOutputHelper output) : IDisposable
{
    // What a damaged value may become: numbers at the edges, and values of other kinds.
    private static readonly string[] Values =
        ["0", "-1", "1e400", "2147483648", "9223372036854775807", "0.5", "null", "true", "\"\"", "\"\\ud800\"", "[]", "{}", "[[1]]", "{\"height\":-1}", "\"a\"", "16385", "NaN"];

    private readonly string _models = Directory.CreateTempSubdirectory("damaged-folders-").FullName;

    [Theory]
    [InlineData("config.json", 1000)]
    [InlineData("preprocessor_config.json", 700)]
    [InlineData("model.onnx", 600)]
    public void A_damaged_file_is_used_or_refused_by_a_name(string file, int rounds)
    {
        var random = new Random(20261126);
        var shape = new EncoderShape(file == "config.json" ? EncoderKind.Bert : EncoderKind.Vit) { Layers = 1, Hidden = 8 };
        var folder = EncoderFolder.Write(_models, "damaged", shape);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TinyClassifier.TokenizerJson);
        var path = Path.Combine(folder, file);
        var original = File.ReadAllBytes(path);
        var (used, refused, slowest) = (0, 0, TimeSpan.Zero);
        for (var round = 0; round < rounds; round++)
        {
            File.WriteAllBytes(path, file == "model.onnx" || random.Next(3) == 0 ? DamageBytes(original, random) : DamageValue(original, random));
            var begin = Stopwatch.GetTimestamp();
            try
            {
                using var model = ClassifierFolder.Open(folder, 1);
                used++;
            }
            catch (ModelFolderException error)
            {
                Assert.Contains(error.File, new[] { "config.json", "preprocessor_config.json", "model.onnx", "model.onnx_data" });
                Assert.InRange(error.Message.Length, 1, 400);
                Assert.DoesNotContain(_models, error.Message);
                refused++;
            }

            var took = Stopwatch.GetElapsedTime(begin);
            slowest = took > slowest ? took : slowest;
        }

        output.WriteLine($"{file}: {used} used, {refused} refused, the slowest in {slowest.TotalMilliseconds:F0} ms");
        Assert.True(used > 10 && refused > 10, $"{used} used, {refused} refused");
        Assert.True(slowest < TimeSpan.FromSeconds(20), $"{slowest}");
    }

    public void Dispose() => Directory.Delete(_models, recursive: true);

    private static byte[] DamageBytes(byte[] original, Random random)
    {
        var bytes = original.ToArray();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            // The graph's structure is at either end; between are weights.
            var at = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(400, bytes.Length));
            bytes[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(bytes[at] ^ (1 << random.Next(8)));
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    // Replaces what stands after a colon, up to the next comma or brace.
    private static byte[] DamageValue(byte[] original, Random random)
    {
        var text = Encoding.UTF8.GetString(original);
        for (var change = random.Next(1, 3); change > 0; change--)
        {
            var colons = text.Index().Where(static letter => letter.Item == ':').Select(static letter => letter.Index).ToList();
            var at = colons[random.Next(colons.Count)] + 1;
            var end = text.IndexOfAny([',', '}', ']'], at);
            text = text[..at] + Values[random.Next(Values.Length)] + (end < 0 ? "" : text[end..]);
        }

        return Encoding.UTF8.GetBytes(text);
    }
}
