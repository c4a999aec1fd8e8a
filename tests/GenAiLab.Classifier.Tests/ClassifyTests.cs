using System.Net;
using System.Net.Sockets;
using System.Text;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Classifier.Tests;

public sealed class ClassifyTests
{
    [Fact]
    public async Task A_text_and_its_ids_get_the_softmax_of_the_graphs_logits()
    {
        await using var host = await StartAsync();
        var byText = await host.Client.ClassifyAsync(new ClassifyRequest { Text = "hello<|x|>" }, ClassifierHost.Options());
        var ids = Encoding.UTF8.GetBytes("hello<|x|>").Select(static id => (int)id).ToArray();
        var byIds = await host.Client.ClassifyAsync(new ClassifyRequest { Model = "lab-topics", Tokens = Ids(ids) }, ClassifierHost.Options());

        var logits = Enumerable.Range(0, 3).Select(label => ids.Sum(id => TinyClassifier.Row(id)[label])).ToArray();
        var total = logits.Sum(static logit => Math.Exp(logit));
        var expected = TinyClassifier.Labels.Index()
            .OrderByDescending(label => logits[label.Index]).ThenBy(static label => label.Index)
            .Select(label => new LabelProbability { Label = label.Item, Logit = logits[label.Index], Probability = (float)(Math.Exp(logits[label.Index]) / total) });
        Assert.Equal(expected, byIds.Labels);
        Assert.Equal(byIds.Labels, byText.Labels);
        Assert.Equal((10, 10, 0L), (byText.TokenCount, byIds.TokenCount, byIds.TokenizeNanoseconds));
        Assert.True(byText.TokenizeNanoseconds > 0 && byText.ModelNanoseconds > 0);
        Assert.Equal(("lab-topics", false, false), (host.Tokenizer.Last!.Vocabulary, host.Tokenizer.Last.ParseSpecialTokens, host.Tokenizer.Last.AddSpecialTokens));
    }

    [Fact]
    public async Task Top_takes_the_best_and_ties_go_by_index()
    {
        await using var host = await StartAsync();
        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Tokens = Ids('b'), Top = 2 }, ClassifierHost.Options());
        Assert.Equal(["consonant", "vowel"], response.Labels.Select(static label => label.Label));
        var many = await host.Client.ClassifyAsync(new ClassifyRequest { Tokens = Ids('b'), Top = int.MaxValue }, ClassifierHost.Options());
        Assert.Equal(3, many.Labels.Count);
        Assert.Equal(1.0, many.Labels.Sum(static label => label.Probability), 6);
    }

    [Fact]
    public async Task Large_logits_do_not_overflow()
    {
        await using var host = await ClassifierHost.StartAsync(static models => TinyClassifier.Write(models, scale: 10_000));
        var response = await host.Client.ClassifyAsync(new ClassifyRequest { Text = "aaaa" }, ClassifierHost.Options());
        Assert.Equal(("vowel", 1f, 60_000f), (response.Labels[0].Label, response.Labels[0].Probability, response.Labels[0].Logit));
    }

    [Fact]
    public async Task What_the_caller_can_mend_is_named()
    {
        await using var host = await StartAsync();
        await AssertInvalid(host, "input", new ClassifyRequest());
        await AssertInvalid(host, "text", new ClassifyRequest { Text = "" });
        await AssertInvalid(host, "text", new ClassifyRequest { Text = new string('a', TinyClassifier.Context + 1) });
        await AssertInvalid(host, "text", new ClassifyRequest { Text = new string('a', (1 << 20) + 1) });
        await AssertInvalid(host, "tokens.ids", new ClassifyRequest { Tokens = Ids() });
        await AssertInvalid(host, "tokens.ids", new ClassifyRequest { Tokens = Ids(1, -1) });
        await AssertInvalid(host, "tokens.ids", new ClassifyRequest { Tokens = Ids(TinyClassifier.Vocabulary) });
        await AssertInvalid(host, "tokens.ids", new ClassifyRequest { Tokens = Ids(new int[TinyClassifier.Context + 1]) });
        await AssertInvalid(host, "top", new ClassifyRequest { Text = "a", Top = -1 });
        var longest = await host.Client.ClassifyAsync(new ClassifyRequest { Text = new string('a', TinyClassifier.Context) }, ClassifierHost.Options());
        Assert.Equal(TinyClassifier.Context, longest.TokenCount);
        Assert.Equal(StatusCode.NotFound, (await FailAsync(host, new ClassifyRequest { Model = "../x", Text = "a" })).StatusCode);
    }

    [Fact]
    public async Task A_message_over_four_mebibytes_is_refused_and_the_next_call_works()
    {
        await using var host = await StartAsync();
        Assert.Equal(StatusCode.ResourceExhausted, (await FailAsync(host, new ClassifyRequest { Text = new string('a', 5 << 20) })).StatusCode);
        await host.Client.ClassifyAsync(new ClassifyRequest { Text = "a" }, ClassifierHost.Options());
    }

    [Fact]
    public async Task Without_a_tokenizer_text_is_unavailable_and_ids_still_work()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var address = $"http://{closed.LocalEndpoint}";
        closed.Stop();
        await using var host = await ClassifierHost.StartAsync(static models => TinyClassifier.Write(models), address);
        var error = await FailAsync(host, new ClassifyRequest { Text = "a" });
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("tokenizer", error.Status.Detail);
        Assert.DoesNotContain("127.0.0.1", error.Status.Detail);
        await host.Client.ClassifyAsync(new ClassifyRequest { Tokens = Ids('a') }, ClassifierHost.Options());
    }

    [Fact]
    public async Task Ids_of_another_vocabulary_are_not_classified()
    {
        await using var host = await StartAsync();
        host.Tokenizer.Sha256 = new string('0', 64);
        Assert.Equal(StatusCode.FailedPrecondition, (await FailAsync(host, new ClassifyRequest { Text = "a" })).StatusCode);
    }

    [Fact]
    public async Task Calls_beyond_the_bound_are_refused_and_the_bound_is_given_back()
    {
        await using var host = await ClassifierHost.StartAsync(static models => TinyClassifier.Write(models), maximumCalls: 1);
        host.Tokenizer.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = host.Client.ClassifyAsync(new ClassifyRequest { Text = "a" }, ClassifierHost.Options());
        await host.Tokenizer.Arrived.Task.WaitAsync(ClassifierHost.Patience, TestContext.Current.CancellationToken);
        var refused = await FailAsync(host, new ClassifyRequest { Tokens = Ids('a') });
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.NotNull(refused.GetRpcStatus()!.GetDetail<RetryInfo>());
        host.Tokenizer.Gate.SetResult();
        Assert.Equal(1, (await first).TokenCount);
        // The answer may arrive just before the place is free.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await host.Client.ClassifyAsync(new ClassifyRequest { Tokens = Ids('a') }, ClassifierHost.Options());
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted && attempt < 1000)
            {
            }
        }
    }

    private static Task<ClassifierHost> StartAsync() => ClassifierHost.StartAsync(static models => TinyClassifier.Write(models));

    private static TokenIds Ids(params int[] ids) => new() { Ids = { ids } };

    private static async Task<RpcException> FailAsync(ClassifierHost host, ClassifyRequest request) =>
        await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ClassifyAsync(request, ClassifierHost.Options()));

    private static async Task AssertInvalid(ClassifierHost host, string field, ClassifyRequest request)
    {
        var error = await FailAsync(host, request);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }
}
