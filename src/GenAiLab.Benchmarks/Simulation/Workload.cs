namespace GenAiLab.Benchmarks.Simulation;

/// <summary>One request of a workload.</summary>
/// <param name="At">Seconds since the start.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="Output">Tokens that it generates; at least 1.</param>
public sealed record SimulatedRequest(double At, int[] Prompt, int Output);

/// <summary>
/// A chat: requests come by a Poisson process, begin with one of several system prompts, and differ after it.
/// The same seed gives the same requests.
/// </summary>
/// <param name="Rate">Requests per second, of the whole fleet.</param>
/// <param name="SystemPrompts">How many there are; each is as likely.</param>
/// <param name="SystemTokens">Tokens of each; 0: none.</param>
/// <param name="UserTokens">Mean of what follows; exponential, at least 1.</param>
/// <param name="OutputTokens">Mean of what is generated; exponential, at least 1.</param>
/// <param name="Seed">Of all draws.</param>
public sealed record Workload(double Rate, int SystemPrompts, int SystemTokens, double UserTokens, double OutputTokens, int Seed)
{
    private const int Vocabulary = 1 << 20;

    /// <summary>The requests in the order of their times, without end.</summary>
    /// <param name="contextLength">Prompt and output together are cut to it.</param>
    public IEnumerable<SimulatedRequest> Requests(int contextLength)
    {
        var random = new Random(Seed);
        var systems = Enumerable.Range(0, SystemPrompts).Select(_ => Ids(random, SystemTokens)).ToArray();
        for (var at = Exponential(random, 1 / Rate); ; at += Exponential(random, 1 / Rate))
        {
            var user = Math.Clamp((int)Math.Round(Exponential(random, UserTokens)), 1, Math.Max(1, contextLength - SystemTokens - 1));
            int[] prompt = [.. systems[random.Next(SystemPrompts)], .. Ids(random, user)];
            var output = Math.Clamp((int)Math.Round(Exponential(random, OutputTokens)), 1, contextLength - prompt.Length);
            yield return new SimulatedRequest(at, prompt, output);
        }
    }

    private static int[] Ids(Random random, int count)
    {
        var ids = new int[count];
        for (var at = 0; at < count; at++)
        {
            ids[at] = random.Next(Vocabulary);
        }

        return ids;
    }

    private static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());
}
