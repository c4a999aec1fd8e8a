using GenAiLab.Simulation.Tests.World;

namespace GenAiLab.Simulation.Tests;

/// <summary>Makes a scenario that breaks a rule smaller, as long as it breaks one.</summary>
internal static class Shrinking
{
    /// <returns>A scenario from which no request and no fault can be left out.</returns>
    public static Scenario Smallest(Scenario scenario, Func<Scenario, bool> breaks)
    {
        while (true)
        {
            var before = scenario.Requests.Count + scenario.Faults.Count;
            scenario = scenario with { Faults = Fewer(scenario.Faults, faults => breaks(scenario with { Faults = faults })) };
            scenario = scenario with { Requests = Fewer(scenario.Requests, requests => breaks(scenario with { Requests = requests })) };
            if (scenario.Requests.Count + scenario.Faults.Count == before)
            {
                return scenario;
            }
        }
    }

    // In pieces of half, then of a quarter, at last one by one.
    private static IReadOnlyList<T> Fewer<T>(IReadOnlyList<T> all, Func<IReadOnlyList<T>, bool> breaks)
    {
        for (var size = Math.Max(1, all.Count / 2); ; size /= 2)
        {
            for (var at = 0; at < all.Count;)
            {
                IReadOnlyList<T> rest = [.. all.Take(at), .. all.Skip(at + size)];
                (all, at) = breaks(rest) ? (rest, at) : (all, at + size);
            }

            if (size <= 1)
            {
                return all;
            }
        }
    }
}
