using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Films;

/// <summary>Films as one picture: a row each, frame beside frame.</summary>
internal static class FilmSheet
{
    private const int Scale = 2;
    private const int Gap = 2;

    /// <summary>Writes it as a PNG; all frames are of one size.</summary>
    public static void Save(string path, IReadOnlyList<IReadOnlyList<Picture>> films)
    {
        var (width, height) = (films[0][0].Width, films[0][0].Height);
        var (across, down) = ((Scale * width) + Gap, (Scale * height) + Gap);
        var sheet = new Picture(films.Max(static film => film.Count) * across, films.Count * down, new byte[3 * films.Max(static film => film.Count) * across * films.Count * down]);
        sheet.Rgb.AsSpan().Fill(byte.MaxValue);
        foreach (var (row, film) in films.Index())
        {
            foreach (var (column, frame) in film.Index())
            {
                for (var pixel = 0; pixel < Scale * width * Scale * height; pixel++)
                {
                    var (y, x) = Math.DivRem(pixel, Scale * width);
                    frame.Rgb.AsSpan(3 * ((y / Scale * width) + (x / Scale)), 3).CopyTo(sheet.Rgb.AsSpan(3 * ((((row * down) + y) * sheet.Width) + (column * across) + x)));
                }
            }
        }

        AtomicFile.Write(path, stream => stream.Write(PictureFile.WritePng(sheet)));
    }
}
