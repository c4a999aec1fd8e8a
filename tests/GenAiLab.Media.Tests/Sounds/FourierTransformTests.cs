using GenAiLab.Media.Sounds;

namespace GenAiLab.Media.Tests.Sounds;

public sealed class FourierTransformTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(128)]
    public void ItIsTheSumThatDefinesIt(int size)
    {
        var random = new Random(1);
        var (real, imaginary) = (Numbers(), Numbers());
        var (x, y) = ((double[])real.Clone(), (double[])imaginary.Clone());

        var transform = new FourierTransform(size);
        transform.Forward(real, imaginary);

        for (var k = 0; k < size; k++)
        {
            var sum = System.Numerics.Complex.Zero;
            for (var n = 0; n < size; n++)
            {
                sum += new System.Numerics.Complex(x[n], y[n]) * System.Numerics.Complex.FromPolarCoordinates(1, -2 * Math.PI * k * n / size);
            }

            Assert.Equal(sum.Real, real[k], 1e-9);
            Assert.Equal(sum.Imaginary, imaginary[k], 1e-9);
        }

        transform.Inverse(real, imaginary);
        Assert.All(real.Zip(x), static pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        Assert.All(imaginary.Zip(y), static pair => Assert.Equal(pair.Second, pair.First, 1e-12));

        double[] Numbers() => [.. Enumerable.Range(0, size).Select(_ => random.NextDouble() - 0.5)];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public void OtherSizesAreRefused(int size) => Assert.Throws<ArgumentOutOfRangeException>(() => new FourierTransform(size));
}
