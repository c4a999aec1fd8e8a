using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Tests;

public sealed class FolderVocabularyTests
{
    [Fact]
    public async Task A_broken_vocabulary_is_refused_by_the_files_name_and_the_rest_is_served()
    {
        await using var host = await TokenizerHost.StartAsync(static models =>
        {
            var folder = Directory.CreateDirectory(Path.Combine(models, "broken"));
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizer.json"), "{ \"model\": ");
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(models, "cl100k_base")).FullName, "tokenizer.json"), "{}");
        }, defaultVocabulary: "broken");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.EncodeAsync(new EncodeRequest { Text = "x" }, Options()));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("tokenizer.json", error.Status.Detail);
        Assert.DoesNotContain(Path.GetTempPath(), error.Status.Detail);

        var list = await host.Client.ListVocabulariesAsync(new ListVocabulariesRequest(), Options());
        Assert.Equal(["cl100k_base", "o200k_base"], list.Vocabularies.Select(static vocabulary => vocabulary.Name));
        Assert.Single((await host.Client.EncodeAsync(new EncodeRequest { Vocabulary = "cl100k_base", Text = "hello" }, Options())).Tokens);
    }

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);
}
