using static GenAiLab.Training.Pictures.Palette;

namespace GenAiLab.Training.Pictures;

/// <summary>How the kinds of things look: each call draws another one of its kind, on a canvas that is placed already.</summary>
internal static class Figures
{
    /// <summary>The kinds by name.</summary>
    public static IReadOnlyDictionary<string, Action<Canvas, NamedColour, Random>> All { get; } = new Dictionary<string, Action<Canvas, NamedColour, Random>>
    {
        ["bird"] = Bird,
        ["boat"] = Boat,
        ["car"] = Car,
        ["cat"] = Cat,
        ["cup"] = Cup,
        ["dog"] = Dog,
        ["fish"] = Fish,
        ["flower"] = Flower,
        ["house"] = House,
        ["mushroom"] = Mushroom,
        ["rabbit"] = Rabbit,
        ["star"] = Star,
        ["sun"] = Sun,
        ["tree"] = Tree,
    };

    private static void Cat(Canvas canvas, NamedColour colour, Random random)
    {
        var (headX, headY, head) = (Between(random, 0.25, 0.5), Between(random, -0.45, -0.25), Between(random, 0.36, 0.46));
        var (length, height) = (Between(random, 0.5, 0.68), Between(random, 0.28, 0.42));
        var tail = Between(random, -0.9, -0.2);
        canvas.Line(-length + 0.1, 0.25, -length - 0.25, tail + 0.35, 0.14, colour.Shade);
        canvas.Line(-length - 0.25, tail + 0.35, -length - Between(random, 0, 0.2), tail, 0.14, colour.Shade);
        canvas.Ellipse(-0.1, 0.3, length, height, colour.Body);
        foreach (var leg in new[] { -length + 0.15, -0.25, 0.1, length - 0.3 })
        {
            canvas.Line(leg, 0.45, leg + Between(random, -0.08, 0.08), 0.85, 0.16, random.Next(2) == 0 ? colour.Body : colour.Shade);
        }

        var ear = Between(random, 0.28, 0.42);
        canvas.Polygon(colour.Body, (headX - head, headY), (headX - (head * 0.75), headY - head - ear + 0.1), (headX - 0.02, headY - (head * 0.6)));
        canvas.Polygon(colour.Body, (headX + head, headY), (headX + (head * 0.75), headY - head - ear + 0.1), (headX + 0.02, headY - (head * 0.6)));
        canvas.Ellipse(headX, headY, head, head * Between(random, 0.82, 1), colour.Body);
        if (random.Next(2) == 0)
        {
            for (var stripe = 0; stripe < random.Next(2, 4); stripe++)
            {
                var x = -length + 0.25 + (stripe * 0.28);
                canvas.Line(x, 0.08, x + 0.05, 0.4, 0.09, colour.Shade);
            }
        }

        Eyes(canvas, headX, headY - 0.05, head * 0.45, random.Next(3) == 0 ? Green : colour.Mark);
        canvas.Ellipse(headX, headY + 0.14, 0.06, 0.06, Pink);
    }

    private static void Dog(Canvas canvas, NamedColour colour, Random random)
    {
        var (headX, headY, head) = (Between(random, 0.42, 0.58), Between(random, -0.4, -0.15), Between(random, 0.28, 0.36));
        var (length, height) = (Between(random, 0.5, 0.66), Between(random, 0.22, 0.34));
        canvas.Line(-length, 0.15, -length - 0.3, Between(random, -0.35, 0.1), 0.13, colour.Body);
        canvas.Ellipse(-0.1, 0.22, length, height, colour.Body);
        canvas.Line(length - 0.3, 0.15, headX, headY, 0.3, colour.Body);
        var stand = Between(random, 0.75, 0.95);
        foreach (var leg in new[] { -length + 0.12, -length + 0.35, length - 0.45, length - 0.22 })
        {
            canvas.Line(leg, 0.35, leg + Between(random, -0.1, 0.1), stand, 0.17, random.Next(2) == 0 ? colour.Body : colour.Shade);
        }

        canvas.Ellipse(headX, headY, head, head * 0.9, colour.Body);
        canvas.Ellipse(headX + head, headY + 0.1, Between(random, 0.22, 0.32), 0.15, colour.Body);
        canvas.Ellipse(headX + head + 0.22, headY + 0.04, 0.08, 0.07, colour.Body == Black ? DarkRed : Black);
        canvas.Ellipse(headX - (head * 0.55), headY + Between(random, 0, 0.15), 0.13, Between(random, 0.25, 0.36), colour.Shade, Between(random, -0.3, 0.3));
        canvas.Ellipse(headX + 0.08, headY - 0.08, 0.06, 0.07, colour.Mark);
        if (random.Next(2) == 0)
        {
            canvas.Ellipse(Between(random, -0.4, 0.1), 0.18, Between(random, 0.14, 0.24), 0.15, colour.Shade);
        }
    }

    private static void Bird(Canvas canvas, NamedColour colour, Random random)
    {
        var (headX, headY) = (Between(random, 0.4, 0.55), Between(random, -0.4, -0.2));
        canvas.Polygon(colour.Shade, (-0.45, 0.05), (-1, Between(random, -0.25, 0.25)), (-0.95, Between(random, 0.3, 0.5)), (-0.4, 0.25));
        canvas.Ellipse(0, 0.12, Between(random, 0.52, 0.62), Between(random, 0.32, 0.42), colour.Body, -0.25);
        canvas.Ellipse(headX, headY, 0.26, 0.25, colour.Body);
        canvas.Polygon(Orange, (headX + 0.2, headY - 0.1), (headX + Between(random, 0.5, 0.62), headY + 0.05), (headX + 0.2, headY + 0.14));
        canvas.Ellipse(headX + 0.06, headY - 0.05, 0.06, 0.06, colour.Mark);
        if (random.Next(2) == 0)
        {
            canvas.Polygon(colour.Shade, (0.15, 0), (-0.35, Between(random, -0.95, -0.6)), (-0.5, Between(random, -0.8, -0.5)), (-0.35, 0.15));
        }
        else
        {
            canvas.Ellipse(-0.15, 0.15, 0.34, 0.18, colour.Shade, -0.3);
            canvas.Line(-0.05, 0.5, -0.05, Between(random, 0.8, 0.95), 0.08, Orange);
            canvas.Line(0.18, 0.48, 0.18, 0.85, 0.08, Orange);
        }
    }

    private static void Fish(Canvas canvas, NamedColour colour, Random random)
    {
        var (length, height) = (Between(random, 0.55, 0.72), Between(random, 0.3, 0.48));
        var tail = Between(random, 0.3, 0.5);
        canvas.Polygon(colour.Shade, (-length + 0.12, 0), (-1, -tail), (-0.85, 0), (-1, tail));
        canvas.Polygon(colour.Shade, (-0.15, -height + 0.08), (Between(random, -0.1, 0.15), -height - Between(random, 0.15, 0.3)), (0.3, -height + 0.15));
        canvas.Ellipse(0.05, 0, length, height, colour.Body);
        for (var stripe = 0; stripe < random.Next(0, 4); stripe++)
        {
            canvas.Line(-0.25 + (stripe * 0.2), -height * 0.6, -0.25 + (stripe * 0.2), height * 0.6, 0.08, colour.Shade);
        }

        canvas.Ellipse(length - 0.2, -0.08, 0.11, 0.11, colour.Body == White ? LightBlue : White);
        canvas.Ellipse(length - 0.18, -0.08, 0.06, 0.06, Black);
    }

    private static void Rabbit(Canvas canvas, NamedColour colour, Random random)
    {
        var (headX, headY) = (Between(random, -0.05, 0.25), Between(random, -0.18, -0.02));
        var ear = Between(random, 0.42, 0.6);
        foreach (var side in new[] { -0.17, 0.17 })
        {
            var lean = side + Between(random, -0.12, 0.12);
            canvas.Ellipse(headX + ((side + lean) / 2), headY - 0.3 - (ear / 2), 0.12, ear * 0.75, colour.Body, lean);
            canvas.Ellipse(headX + ((side + lean) / 2), headY - 0.3 - (ear / 2), 0.05, ear * 0.5, Pink, lean);
        }

        canvas.Ellipse(-0.15, 0.52, Between(random, 0.4, 0.52), Between(random, 0.34, 0.42), colour.Body);
        canvas.Ellipse(-0.62, 0.6, 0.16, 0.16, colour.Body == White ? Grey : White);
        canvas.Ellipse(0.12, 0.86, 0.24, 0.1, colour.Shade);
        canvas.Ellipse(headX, headY, 0.34, 0.3, colour.Body);
        Eyes(canvas, headX, headY - 0.05, 0.15, colour.Mark);
        canvas.Ellipse(headX, headY + 0.13, 0.06, 0.05, Pink);
    }

    private static void Tree(Canvas canvas, NamedColour colour, Random random)
    {
        var trunk = Between(random, 0.1, 0.18);
        canvas.Rectangle(-trunk, 0, trunk, 0.95, colour.Body == Brown ? DarkGrey : Brown);
        if (random.Next(2) == 0)
        {
            var width = Between(random, 0.5, 0.75);
            for (var tier = 0; tier < 3; tier++)
            {
                canvas.Polygon(tier == 1 ? colour.Shade : colour.Body, (-width + (tier * 0.12), 0.4 - (tier * 0.4)), (0, -0.25 - (tier * 0.36)), (width - (tier * 0.12), 0.4 - (tier * 0.4)));
            }
        }
        else
        {
            foreach (var (x, y) in new[] { (-0.3, -0.2), (0.3, -0.2), (0, -0.5), (0, -0.1) })
            {
                canvas.Ellipse(x + Between(random, -0.08, 0.08), y + Between(random, -0.08, 0.08), Between(random, 0.34, 0.44), Between(random, 0.3, 0.42), colour.Body);
            }

            for (var spot = 0; spot < random.Next(0, 6); spot++)
            {
                canvas.Ellipse(Between(random, -0.45, 0.45), Between(random, -0.65, 0), 0.08, 0.08, colour.Shade);
            }
        }
    }

    private static void Flower(Canvas canvas, NamedColour colour, Random random)
    {
        var lean = Between(random, -0.2, 0.2);
        canvas.Line(lean, -0.2, 0, 0.95, 0.1, Green);
        canvas.Ellipse(0.2, Between(random, 0.35, 0.6), 0.22, 0.09, Green, -0.5);
        if (random.Next(2) == 0)
        {
            canvas.Ellipse(-0.2, Between(random, 0.35, 0.7), 0.22, 0.09, Green, 0.5);
        }

        var (petals, turn, reach) = (random.Next(5, 8), Between(random, 0, 1), Between(random, 0.28, 0.38));
        for (var petal = 0; petal < petals; petal++)
        {
            var angle = (petal + turn) * 2 * Math.PI / petals;
            canvas.Ellipse(lean + (reach * Math.Cos(angle)), -0.35 + (reach * Math.Sin(angle)), 0.22, 0.15, colour.Body, angle);
        }

        canvas.Ellipse(lean, -0.35, 0.16, 0.16, colour.Body is Yellow or White ? Orange : Yellow);
    }

    private static void House(Canvas canvas, NamedColour colour, Random random)
    {
        var (width, wall) = (Between(random, 0.55, 0.75), Between(random, -0.2, 0));
        var roof = colour.Body == Red ? DarkGrey : colour.Body == Brown ? Black : random.Next(2) == 0 ? DarkRed : Brown;
        if (random.Next(2) == 0)
        {
            canvas.Rectangle(width * 0.4, wall - 0.7, (width * 0.4) + 0.18, wall - 0.1, DarkGrey);
        }

        canvas.Rectangle(-width, wall, width, 0.9, colour.Body);
        canvas.Polygon(roof, (-width - 0.12, wall + 0.05), (Between(random, -0.15, 0.15), wall - Between(random, 0.5, 0.75)), (width + 0.12, wall + 0.05));
        var door = Between(random, -0.3, 0.1);
        canvas.Rectangle(door, 0.35, door + 0.28, 0.9, colour.Shade);
        var light = colour.Body == Yellow ? LightBlue : Yellow;
        canvas.Rectangle(-width + 0.12, wall + 0.15, -width + 0.36, wall + 0.4, light);
        if (width > 0.6)
        {
            canvas.Rectangle(width - 0.36, wall + 0.15, width - 0.12, wall + 0.4, light);
        }
    }

    private static void Car(Canvas canvas, NamedColour colour, Random random)
    {
        var (front, back, roof) = (Between(random, 0.3, 0.5), Between(random, -0.65, -0.5), Between(random, -0.45, -0.25));
        canvas.Polygon(colour.Body, (back, 0.1), (back + 0.18, roof), (front - 0.25, roof), (front, 0.1));
        canvas.Polygon(LightBlue, (back + 0.12, 0.05), (back + 0.24, roof + 0.12), (-0.14, roof + 0.12), (-0.14, 0.05));
        canvas.Polygon(LightBlue, (-0.02, 0.05), (-0.02, roof + 0.12), (front - 0.3, roof + 0.12), (front - 0.12, 0.05));
        canvas.Rectangle(-0.92, 0.05, 0.92, 0.5, colour.Body);
        canvas.Rectangle(-0.92, 0.38, 0.92, 0.5, colour.Shade);
        canvas.Rectangle(0.78, 0.14, 0.92, 0.28, colour.Body == Yellow ? White : Yellow);
        foreach (var wheel in new[] { -0.5, Between(random, 0.45, 0.55) })
        {
            canvas.Ellipse(wheel, 0.52, 0.24, 0.24, Black);
            canvas.Ellipse(wheel, 0.52, 0.1, 0.1, Grey);
        }
    }

    private static void Boat(Canvas canvas, NamedColour colour, Random random)
    {
        var (mast, top) = (Between(random, -0.15, 0.1), Between(random, -0.95, -0.75));
        canvas.Line(mast, 0.3, mast, top, 0.09, Brown);
        var sail = colour.Body == White ? Red : White;
        canvas.Polygon(sail, (mast + 0.08, top + 0.05), (mast + Between(random, 0.5, 0.7), 0.2), (mast + 0.08, 0.2));
        if (random.Next(2) == 0)
        {
            canvas.Polygon(sail, (mast - 0.08, top + 0.2), (mast - Between(random, 0.35, 0.55), 0.2), (mast - 0.08, 0.2));
        }

        if (random.Next(2) == 0)
        {
            canvas.Polygon(Red, (mast, top), (mast - 0.3, top + 0.1), (mast, top + 0.2));
        }

        canvas.Polygon(colour.Body, (-0.9, 0.3), (0.95, 0.3), (Between(random, 0.5, 0.65), 0.75), (-0.6, 0.75));
        canvas.Line(-0.75, 0.45, 0.75, 0.45, 0.08, colour.Shade);
    }

    private static void Sun(Canvas canvas, NamedColour colour, Random random)
    {
        var (rays, turn, radius, far) = (random.Next(8, 13), Between(random, 0, 1), Between(random, 0.4, 0.52), Between(random, 0.78, 0.98));
        for (var ray = 0; ray < rays; ray++)
        {
            var angle = (ray + turn) * 2 * Math.PI / rays;
            canvas.Line(0.6 * Math.Cos(angle), 0.6 * Math.Sin(angle), far * Math.Cos(angle), far * Math.Sin(angle), 0.1, colour.Body);
        }

        canvas.Ellipse(0, 0, radius, radius, colour.Body);
        if (random.Next(2) == 0)
        {
            Eyes(canvas, 0, -0.1, 0.18, colour.Mark);
            canvas.Line(-0.16, 0.18, 0.16, 0.18, 0.09, colour.Mark);
        }
    }

    private static void Star(Canvas canvas, NamedColour colour, Random random)
    {
        var (turn, inner) = (Between(random, -0.2, 0.2), Between(random, 0.38, 0.48));
        var corners = new (double, double)[10];
        for (var corner = 0; corner < 10; corner++)
        {
            var (angle, radius) = ((corner * Math.PI / 5) + turn - (Math.PI / 2), corner % 2 == 0 ? 0.95 : inner);
            corners[corner] = (radius * Math.Cos(angle), radius * Math.Sin(angle));
        }

        canvas.Polygon(colour.Body, corners);
        if (random.Next(2) == 0)
        {
            canvas.Ellipse(0, 0.02, 0.2, 0.2, colour.Shade);
        }
    }

    private static void Cup(Canvas canvas, NamedColour colour, Random random)
    {
        var (width, top, foot) = (Between(random, 0.42, 0.58), Between(random, -0.4, -0.2), Between(random, 0.3, 0.42));
        canvas.Ellipse(width + 0.1, Between(random, 0.1, 0.2), 0.3, 0.28, colour.Shade);
        canvas.Ellipse(width + 0.1, 0.15, 0.16, 0.15, random.Next(2) == 0 ? White : Sand);
        canvas.Polygon(colour.Body, (-width, top), (width, top), (foot, 0.75), (-foot, 0.75));
        canvas.Ellipse(0, top, width, 0.13, colour.Shade);
        canvas.Ellipse(0, top, width - 0.1, 0.07, colour.Body == Brown ? Black : Brown);
        if (random.Next(2) == 0)
        {
            canvas.Line(-width + 0.12, 0.2, width - 0.15, 0.2, 0.12, colour.Shade);
        }

        for (var steam = 0; steam < random.Next(0, 3); steam++)
        {
            canvas.Line(-0.2 + (steam * 0.35), top - 0.2, -0.1 + (steam * 0.35), top - Between(random, 0.4, 0.5), 0.08, Grey);
        }
    }

    private static void Mushroom(Canvas canvas, NamedColour colour, Random random)
    {
        var stem = Between(random, 0.16, 0.26);
        canvas.Polygon(colour.Body == White ? Sand : White, (-stem, 0), (stem, 0), (stem + 0.08, 0.9), (-stem - 0.08, 0.9));
        var (width, height) = (Between(random, 0.6, 0.8), Between(random, 0.5, 0.75));
        canvas.Ellipse(0, 0, width, height, colour.Body);
        canvas.Rectangle(-stem, 0.14, stem, 0.5, colour.Body == White ? Sand : White);
        for (var spot = 0; spot < random.Next(2, 6); spot++)
        {
            canvas.Ellipse(Between(random, -0.5, 0.5), Between(random, -0.45, 0), 0.1, 0.09, colour.Body is White or Yellow ? Red : White);
        }
    }

    private static void Eyes(Canvas canvas, double x, double y, double apart, byte colour)
    {
        canvas.Ellipse(x - apart, y, 0.07, 0.08, colour);
        canvas.Ellipse(x + apart, y, 0.07, 0.08, colour);
    }

    // One of two measures, not any between them: on 32 × 32 pixels the finer ones look like slips of the pen.
    private static double Between(Random random, double least, double most) => least + ((random.Next(2) == 0 ? 0.15 : 0.85) * (most - least));
}
