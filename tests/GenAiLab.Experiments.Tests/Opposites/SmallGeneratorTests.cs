using GenAiLab.Experiments.Opposites;

namespace GenAiLab.Experiments.Tests.Opposites;

/// <summary>A decoder that learned p(codes | label) classifies by Bayes' rule.</summary>
public sealed class SmallGeneratorTests
{
    [Fact]
    public void Knows_the_label_under_which_codes_are_probable()
    {
        var random = new Random(1);
        var folder = Directory.CreateTempSubdirectory("genailab-small-generator-");
        try
        {
            using var generator = SmallGenerator.Train(
                Path.Combine(folder.FullName, "checkpoint"), [.. Enumerable.Range(0, 60).Select(at => (Codes(at % 3, random), at % 3))], labels: 3, codes: 6, length: 12, steps: 60, seed: 1,
                threads: 2, TestContext.Current.CancellationToken);

            var right = Enumerable.Range(0, 60).Count(at => BayesRule.Decide(generator.LogLikelihoods(Codes(at % 3, random))) == at % 3);
            Assert.InRange(right, 55, 60);
            // What is left of p is for tokens that are no codes.
            Assert.InRange(Enumerable.Range(0, 6).Sum(code => Math.Exp(generator.LogLikelihoods([code])[0])), 0.9, 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Each label goes up by another step, mostly.
    private static int[] Codes(int label, Random random)
    {
        var code = random.Next(6);
        return [.. Enumerable.Range(0, random.Next(8, 13)).Select(_ => code = random.Next(5) == 0 ? random.Next(6) : (code + label + 1) % 6)];
    }
}
