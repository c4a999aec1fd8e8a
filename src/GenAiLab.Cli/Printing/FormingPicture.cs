using GenAiLab.Media;
using GenAiLab.Media.Images;
using GenAiLab.V1;
using Spectre.Console;

namespace GenAiLab.Cli.Printing;

/// <summary>A picture on the terminal, redrawn as it forms; of sounds and films how far they are. Nothing where there is no terminal.</summary>
internal sealed class FormingPicture : IDisposable
{
    private const int MostPixels = 64;
    private int _lines;

    /// <summary>Shows what there is by now, in place of what was shown before.</summary>
    public void Show(FormedMedia media, GenerationStarted started)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
        {
            return;
        }

        if (started.MediaKind == V1.MediaKind.Picture && Read(media) is { } canvas)
        {
            Back();
            AnsiConsole.Write(canvas);
            _lines = canvas.Height;
            return;
        }

        Console.Write($"\r{media.Codes}/{started.MediaLength}");
    }

    public void Dispose()
    {
        if (_lines == 0 && !Console.IsOutputRedirected)
        {
            Console.Write("\r");
        }

        _lines = 0;
    }

    private void Back()
    {
        if (_lines > 0)
        {
            AnsiConsole.Cursor.MoveUp(_lines);
        }
    }

    private static Canvas? Read(FormedMedia media)
    {
        try
        {
            using var encoded = EncodedImage.Open(media.Content.Span);
            using var image = encoded.Decode();
            if (image.Width > MostPixels || image.Height > MostPixels)
            {
                return null;
            }

            var canvas = new Canvas(image.Width, image.Height);
            for (var at = 0; at < image.Width * image.Height; at++)
            {
                var pixel = image.Pixels.Slice(4 * at, 3);
                canvas.SetPixel(at % image.Width, at / image.Width, new Color(pixel[0], pixel[1], pixel[2]));
            }

            return canvas;
        }
        catch (UnreadableMediaException)
        {
            return null;
        }
    }
}
