using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;

namespace GenAiLab.Training.Pictures;

/// <summary>Pictures as one: some rows of them, such as the frames of films.</summary>
internal static class PictureSheet
{
    private const int Scale = 2;
    private const int Gap = 2;

    /// <summary>Writes it as a PNG; all pictures are of one size.</summary>
    public static void Save(string path, IReadOnlyList<IReadOnlyList<Picture>> rows)
    {
        var (width, height) = (rows[0][0].Width, rows[0][0].Height);
        var (across, down) = ((Scale * width) + Gap, (Scale * height) + Gap);
        var sheet = new Picture(rows.Max(static row => row.Count) * across, rows.Count * down, new byte[3 * rows.Max(static row => row.Count) * across * rows.Count * down]);
        sheet.Rgb.AsSpan().Fill(byte.MaxValue);
        foreach (var (at, row) in rows.Index())
        {
            foreach (var (column, picture) in row.Index())
            {
                for (var pixel = 0; pixel < Scale * width * Scale * height; pixel++)
                {
                    var (y, x) = Math.DivRem(pixel, Scale * width);
                    picture.Rgb.AsSpan(3 * ((y / Scale * width) + (x / Scale)), 3).CopyTo(sheet.Rgb.AsSpan(3 * ((((at * down) + y) * sheet.Width) + (column * across) + x)));
                }
            }
        }

        AtomicFile.Write(path, stream => stream.Write(PictureFile.WritePng(sheet)));
    }
}
