namespace GenAiLab.Fuzz.Tests;

/// <summary>What fuzzing begins from, what it came upon, and what it found once: tests/GenAiLab.Fuzz/run goes on from here.</summary>
public sealed class CorpusTests
{
    private static readonly string Corpus = Path.Combine(AppContext.BaseDirectory, "Corpus");

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_it_begins_from_is_taken(string target) =>
        Assert.All(Seeds.All()[target], seed => Assert.True(FuzzTargets.All[target](seed)));

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_it_came_upon_is_taken_or_refused_in_words(string target)
    {
        var files = Directory.EnumerateFiles(Path.Combine(Corpus, target)).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            TargetRun.Try(target, File.ReadAllBytes(file), Path.GetFileName(file));
        }
    }
}
