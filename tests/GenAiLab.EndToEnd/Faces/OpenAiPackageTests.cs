namespace GenAiLab.EndToEnd.Faces;

/// <summary>OpenAI's package for JavaScript, as it is published, against the lab.</summary>
[Collection(FacesCollection.Name)]
public sealed class OpenAiPackageTests(FacesLab lab)
{
    [Fact]
    public async Task Everything_that_the_package_asks_is_answered_as_it_expects()
    {
        var lines = (await FacesLab.ForeignAsync("openai.mjs", $"{lab.Http}/v1", lab.Key, lab.PoorKey, await lab.SlowKeyAsync())).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.DoesNotContain(lines, static line => !line.StartsWith("ok ", StringComparison.Ordinal));
        Assert.True(lines.Length >= 15, "the script ended early");
    }
}
