using System.Runtime.InteropServices;
using System.Text.Json;
using GenAiLab.Classifier.Folders;
using GenAiLab.Classifier.Images;
using GenAiLab.Media.Images;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>Images are read, scaled and prepared as PIL, and with it transformers, does it.</summary>
public sealed class PilTests(PilReference pil) : IClassFixture<PilReference>
{
    [Fact]
    public void Every_format_is_decoded_to_the_same_bytes()
    {
        foreach (var line in pil.Lines("decoded"))
        {
            using var encoded = EncodedImage.Open(pil.Read(line, "file"));
            using var image = encoded.Decode();
            Assert.Equal((Number(line, "width"), Number(line, "height")), (image.Width, image.Height));
            AssertSame(pil.Read(line, "pixels"), image.Pixels, line);
        }
    }

    [Fact]
    public void Every_filter_scales_to_the_same_bytes()
    {
        foreach (var line in pil.Lines("scaled"))
        {
            var scaled = ImageResampler.Resize(
                pil.Read(line, "file"), Number(line, "width"), Number(line, "height"), Number(line, "targetWidth"), Number(line, "targetHeight"),
                (ResampleFilter)Number(line, "filter"), TestContext.Current.CancellationToken);
            AssertSame(pil.Read(line, "pixels"), scaled, line);
        }
    }

    [Fact]
    public void Every_configuration_gives_the_same_numbers()
    {
        var folder = Directory.CreateTempSubdirectory("preprocessors-");
        try
        {
            foreach (var line in pil.Lines("prepared"))
            {
                File.WriteAllText(Path.Combine(folder.FullName, PreprocessorConfig.FileName), line.GetProperty("config").GetRawText());
                var steps = PreprocessorConfig.Read(folder.FullName);
                using var encoded = EncodedImage.Open(pil.Read(line, "file"));
                using var image = encoded.Decode();
                var values = ImagePreprocessor.Run(image, steps, TestContext.Current.CancellationToken);

                Assert.Equal(new ImageSize(Number(line, "width"), Number(line, "height")), steps.Size);
                var expected = MemoryMarshal.Cast<byte, float>(pil.Read(line, "pixels")).ToArray();
                Assert.Equal(expected.Length, values.Length);
                for (var at = 0; at < values.Length; at++)
                {
                    Assert.True(Math.Abs(expected[at] - values[at]) <= 1e-5f * Math.Max(1, Math.Abs(expected[at])), $"{line}: number {at} is {values[at]} instead of {expected[at]}");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int Number(JsonElement line, string name) => line.GetProperty(name).GetInt32();

    private static void AssertSame(byte[] rgb, ReadOnlySpan<byte> rgba, JsonElement line)
    {
        Assert.Equal(rgb.Length / 3, rgba.Length / 4);
        for (var at = 0; at < rgb.Length; at++)
        {
            if (rgb[at] != rgba[(at / 3 * 4) + (at % 3)])
            {
                Assert.Fail($"{line}: byte {at} is {rgba[(at / 3 * 4) + (at % 3)]} instead of {rgb[at]}");
            }
        }
    }
}
