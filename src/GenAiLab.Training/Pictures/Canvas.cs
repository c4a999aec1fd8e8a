using GenAiLab.Media.Pictures;

namespace GenAiLab.Training.Pictures;

/// <summary>
/// A square of palette indices and the few shapes that the artist needs. A shape covers the pixels whose centres lie within it: no
/// blending, so that every pixel keeps a colour of the palette. Coordinates are those of a figure: (0, 0) is its middle, one unit half
/// its height, x to the right, y down.
/// </summary>
public sealed class Canvas(int size)
{
    /// <summary>Pixels row by row, as indices of <see cref="Palette"/>.</summary>
    public byte[] Pixels { get; } = new byte[size * size];

    /// <summary>Pixels of a side.</summary>
    public int Size => size;

    /// <summary>Where the figure's middle lies, in pixels.</summary>
    public (double X, double Y) Middle { get; set; } = (size / 2.0, size / 2.0);

    /// <summary>Pixels of a unit.</summary>
    public double Unit { get; set; } = size / 2.0;

    /// <summary>Whether the figure looks the other way.</summary>
    public bool Mirrored { get; set; }

    /// <summary>What was painted.</summary>
    public Picture ToPicture()
    {
        var rgb = new byte[3 * Pixels.Length];
        for (var at = 0; at < Pixels.Length; at++)
        {
            (rgb[3 * at], rgb[(3 * at) + 1], rgb[(3 * at) + 2]) = Palette.Colours[Pixels[at]];
        }

        return new Picture(size, size, rgb);
    }

    /// <summary>Fills everything from a row down.</summary>
    public void Ground(int row, byte colour) => Pixels.AsSpan(Math.Clamp(row, 0, size) * size).Fill(colour);

    /// <summary>Sets one pixel where it is on the canvas.</summary>
    public void Dot(int x, int y, byte colour)
    {
        if ((uint)x < (uint)size && (uint)y < (uint)size)
        {
            Pixels[(y * size) + x] = colour;
        }
    }

    /// <summary>An ellipse, turned by an angle in radians.</summary>
    public void Ellipse(double x, double y, double radiusX, double radiusY, byte colour, double angle = 0)
    {
        var (cosine, sine) = (Math.Cos(angle), Math.Sin(angle));
        Paint(x, y, Math.Max(radiusX, radiusY), colour, (px, py) =>
        {
            var (dx, dy) = (px - x, py - y);
            var (along, across) = (((dx * cosine) + (dy * sine)) / radiusX, ((dy * cosine) - (dx * sine)) / radiusY);
            return (along * along) + (across * across) <= 1;
        });
    }

    /// <summary>A rectangle by two corners.</summary>
    public void Rectangle(double left, double top, double right, double bottom, byte colour) =>
        Polygon(colour, (left, top), (right, top), (right, bottom), (left, bottom));

    /// <summary>A polygon without holes.</summary>
    public void Polygon(byte colour, params ReadOnlySpan<(double X, double Y)> corners)
    {
        var points = corners.ToArray();
        var (left, right) = (points.Min(static point => point.X), points.Max(static point => point.X));
        var (top, bottom) = (points.Min(static point => point.Y), points.Max(static point => point.Y));
        Paint((left + right) / 2, (top + bottom) / 2, Math.Max(right - left, bottom - top) / 2, colour, (px, py) =>
        {
            var inside = false;
            for (int at = 0, before = points.Length - 1; at < points.Length; before = at++)
            {
                var (a, b) = (points[at], points[before]);
                if (a.Y > py != b.Y > py && px < ((b.X - a.X) * (py - a.Y) / (b.Y - a.Y)) + a.X)
                {
                    inside = !inside;
                }
            }

            return inside;
        });
    }

    /// <summary>A line of some thickness with round ends.</summary>
    public void Line(double x1, double y1, double x2, double y2, double thickness, byte colour)
    {
        var (dx, dy) = (x2 - x1, y2 - y1);
        var length = Math.Max(1e-9, (dx * dx) + (dy * dy));
        Paint((x1 + x2) / 2, (y1 + y2) / 2, (Math.Sqrt(length) + thickness) / 2, colour, (px, py) =>
        {
            var along = Math.Clamp((((px - x1) * dx) + ((py - y1) * dy)) / length, 0, 1);
            var (offX, offY) = (px - x1 - (along * dx), py - y1 - (along * dy));
            return (offX * offX) + (offY * offY) <= thickness * thickness / 4;
        });
    }

    // Only pixels that can be covered are looked at.
    private void Paint(double x, double y, double reach, byte colour, Func<double, double, bool> covers)
    {
        var (middleX, middleY, range) = (Middle.X + (Mirrored ? -x : x) * Unit, Middle.Y + (y * Unit), (reach * Unit * 1.5) + 1);
        for (var row = Math.Max(0, (int)(middleY - range)); row < Math.Min(size, middleY + range); row++)
        {
            for (var column = Math.Max(0, (int)(middleX - range)); column < Math.Min(size, middleX + range); column++)
            {
                var (px, py) = ((column + 0.5 - Middle.X) / Unit, (row + 0.5 - Middle.Y) / Unit);
                if (covers(Mirrored ? -px : px, py))
                {
                    Pixels[(row * size) + column] = colour;
                }
            }
        }
    }
}
