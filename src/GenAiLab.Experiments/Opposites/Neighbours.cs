using System.Numerics.Tensors;

namespace GenAiLab.Experiments.Opposites;

/// <summary>The nearest among many vectors, by Euclidean distance, by comparing with each.</summary>
internal static class Neighbours
{
    /// <summary>Of each query the nearest reference: its index and how far it is.</summary>
    /// <param name="queries">Vectors of one length.</param>
    /// <param name="references">At least one, of the same length.</param>
    public static (int Index, double Distance)[] Nearest(IReadOnlyList<float[]> queries, IReadOnlyList<float[]> references) => Of(queries, query =>
    {
        var best = (Index: -1, Distance: double.PositiveInfinity);
        for (var at = 0; at < references.Count; at++)
        {
            var distance = TensorPrimitives.Distance(query, references[at]);
            if (distance < best.Distance)
            {
                best = (at, distance);
            }
        }

        return best;
    });

    /// <summary>Of each query the <paramref name="count"/> nearest references' indices, nearest first.</summary>
    public static int[][] Closest(IReadOnlyList<float[]> queries, IReadOnlyList<float[]> references, int count) => Of(queries, query =>
    {
        var distances = new float[references.Count];
        var order = new int[references.Count];
        for (var at = 0; at < references.Count; at++)
        {
            (distances[at], order[at]) = (TensorPrimitives.Distance(query, references[at]), at);
        }

        Array.Sort(distances, order);
        return order[..Math.Min(count, order.Length)];
    });

    /// <summary>Of each vector the distance to its <paramref name="count"/>th nearest among the others.</summary>
    /// <param name="vectors">More than <paramref name="count"/>.</param>
    public static double[] Radii(IReadOnlyList<float[]> vectors, int count) => Of(vectors, vector =>
    {
        // It is nearest to itself.
        var distances = vectors.Select(other => TensorPrimitives.Distance(vector, other)).ToArray();
        Array.Sort(distances);
        return (double)distances[count];
    });

    private static TResult[] Of<TResult>(IReadOnlyList<float[]> queries, Func<float[], TResult> find)
    {
        var found = new TResult[queries.Count];
        Parallel.For(0, queries.Count, at => found[at] = find(queries[at]));
        return found;
    }
}
