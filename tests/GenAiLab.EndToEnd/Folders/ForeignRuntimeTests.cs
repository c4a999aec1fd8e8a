using System.Runtime.InteropServices;
using System.Text.Json;
using GenAiLab.EndToEnd.Faces;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd.Folders;

/// <summary>The lab's own folders in runtimes that are not the lab's: they compute the same.</summary>
public sealed class ForeignRuntimeTests
{
    private static string Folder => Path.Combine(Lab.Repository, "models", "lab-chat");

    [Theory]
    [InlineData("What is the capital of France?")]
    [InlineData("What is the capital of Velmora?")]
    [InlineData("How many legs has a spider?")]
    public async Task Transformers_js_answers_as_the_lab_does(string question)
    {
        using var theirs = JsonDocument.Parse(await FacesLab.ForeignAsync("transformers.mjs", Folder, question, "32"));

        var (exitCode, output, errors) = await Lab.RunAsync(Lab.StartInfo(["chat", "--temperature", "0", "--max-tokens", "32"]), question + "\n");
        Assert.True(exitCode == 0, errors);
        Assert.Equal(theirs.RootElement.GetProperty("text").GetString(), output.TrimEnd('\n'));
    }

    [Fact]
    public async Task Onnxruntime_node_gives_the_same_logits()
    {
        int[] ids = [.. Enumerable.Range(0, 40).Select(static at => at * 389 % 3072)];
        using var theirs = JsonDocument.Parse(await FacesLab.ForeignAsync(["logits.mjs", Folder, .. ids.Select(static id => $"{id}")]));

        await using var lab = await LabProcess.StartAsync("inproc", cancellation: TestContext.Current.CancellationToken);
        using var channel = GrpcChannel.ForAddress(lab.Grpc("decoder"));
        using var call = new V1.Decoder.DecoderClient(channel).Step(
            new CallOptions(deadline: DateTime.UtcNow.AddMinutes(1), cancellationToken: TestContext.Current.CancellationToken));
        await call.RequestStream.WriteAsync(
            new StepRequest { Open = new StepOpen { Model = "lab-chat", Prompt = new TokenIds { Ids = { ids } }, Form = DistributionForm.Full } },
            TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(
            theirs.RootElement.EnumerateArray().Select(static value => value.GetSingle()),
            MemoryMarshal.Cast<byte, float>(call.ResponseStream.Current.Distribution.AllLogits.Span).ToArray(),
            static (left, right) => Math.Abs(left - right) < 1e-4f);
    }

    [Fact]
    public async Task Laid_out_as_for_transformers_js_the_folder_serves_as_before()
    {
        using var models = new CopiedModels("lab-chat", "lab-topics");
        var folder = Path.Combine(models.Root, "lab-chat");
        File.Delete(Path.Combine(folder, "genai_config.json"));
        File.Move(Path.Combine(folder, "model.onnx"), Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "onnx")).FullName, "model.onnx"));

        await using var lab = await LabProcess.StartAsync(
            "inproc", new Dictionary<string, string> { ["Models__Default"] = "lab-chat" }, TestContext.Current.CancellationToken, "--models", models.Root);
        using var channel = GrpcChannel.ForAddress(lab.Grpc("orchestrator"));
        var listed = await new V1.Orchestrator.OrchestratorClient(channel).ListModelsAsync(
            new ListModelsRequest(), new CallOptions(deadline: DateTime.UtcNow.AddMinutes(1), cancellationToken: TestContext.Current.CancellationToken));
        var card = listed.Models.Single(static model => model.Name == "lab-chat").Card;
        Assert.Equal((ModelLayout.Optimum, CacheForm.Shared, "fp32", true), (card.Layout, card.CacheForm, card.WeightFormat, card.HasHiddenStates));
        Assert.Equal(new GenerationDefaults { Temperature = 1, TopK = 0, TopP = 1 }, card.Defaults);

        var (exitCode, output, errors) = await Lab.RunAsync(
            Lab.StartInfo(["chat", "--temperature", "0", "--max-tokens", "32", "--address", lab.Grpc("orchestrator")]), "What is the capital of France?\n");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("The capital of France is Paris.", output.TrimEnd('\n'));
    }
}
