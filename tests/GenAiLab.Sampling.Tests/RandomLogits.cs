namespace GenAiLab.Sampling.Tests;

internal static class RandomLogits
{
    public static float[] Normal(int vocabulary, int seed, double scale = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, vocabulary).Select(_ =>
            (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    public static float[] Coarse(int vocabulary, int distinct, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, vocabulary).Select(_ => random.Next(distinct) / (float)distinct)];
    }
}
