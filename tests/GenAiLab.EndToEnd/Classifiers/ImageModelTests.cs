using GenAiLab.Classifier.Tests.Images;
using GenAiLab.Classifier.Tests.Models;
using GenAiLab.Inference;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd.Classifiers;

/// <summary>A model of images that was dropped into the models folder of a lab, with a process per service.</summary>
public sealed class ImageModelTests
{
    [Fact]
    public async Task It_is_served_beside_the_rest_and_through_every_door()
    {
        using var models = new CopiedModels("lab-base", "lab-topics");
        EncoderFolder.Write(models.Root, "pictures", new EncoderShape(EncoderKind.Vit));
        await using var lab = await LabProcess.StartAsync(
            "processes", new Dictionary<string, string> { ["Models__Root"] = models.Root }, TestContext.Current.CancellationToken);
        using var classifiers = GrpcChannel.ForAddress(lab.Grpc("classifier"));
        using var orchestrators = GrpcChannel.ForAddress(lab.Grpc("orchestrator"));
        var (classifier, kserve) = (new V1.Classifier.ClassifierClient(classifiers), new GRPCInferenceService.GRPCInferenceServiceClient(orchestrators));
        var image = ByteString.CopyFrom(TestImages.Png(100, 80));

        var listed = (await classifier.ListClassifiersAsync(new ListClassifiersRequest(), Options)).Classifiers;
        Assert.Equal([("lab-topics", Modality.Text), ("pictures", Modality.Image)], listed.Select(static model => (model.Name, model.Modality)));
        var direct = await classifier.ClassifyAsync(new ClassifyRequest { Model = "pictures", Image = image }, Options);
        Assert.Equal(3, direct.Labels.Count);

        // Through the Open Inference Protocol.
        var metadata = await kserve.ModelMetadataAsync(new ModelMetadataRequest { Name = "pictures" }, Options);
        Assert.Equal(("image_input", "BYTES"), (metadata.Inputs.Single().Name, metadata.Inputs.Single().Datatype));
        var inferred = await kserve.ModelInferAsync(Infer("pictures", "image_input", image, image), Options);
        Assert.Equal(
            direct.Labels.Concat(direct.Labels).Select(static label => label.Probability),
            inferred.Outputs.Single(static output => output.Name == "probabilities").Contents.Fp32Contents);
        foreach (var (model, input) in new[] { ("pictures", "text_input"), ("lab-topics", "image_input"), ("lab-topics", "audio_input") })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => kserve.ModelInferAsync(Infer(model, input, ByteString.CopyFromUtf8("x")), Options).ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.Contains(input, error.Status.Detail, StringComparison.Ordinal);
        }

        // Pictures are no judges of texts.
        var guarded = new GenerateRequest { Model = "lab-base", Text = "The", MaxTokens = 1, Guard = new Guard { Classifier = "pictures", Labels = { "positive" }, Prompt = true } };
        var refused = await Assert.ThrowsAsync<RpcException>(() => new V1.Orchestrator.OrchestratorClient(orchestrators)
            .CompleteAsync(new CompleteRequest { Request = guarded }, Options).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("images", refused.Status.Detail, StringComparison.Ordinal);
    }

    private static CallOptions Options => new(deadline: DateTime.UtcNow.AddMinutes(1), cancellationToken: TestContext.Current.CancellationToken);

    private static ModelInferRequest Infer(string model, string input, params IReadOnlyList<ByteString> elements) => new()
    {
        ModelName = model,
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = input,
                Datatype = "BYTES",
                Shape = { elements.Count },
                Contents = new InferTensorContents { BytesContents = { elements } },
            },
        },
    };
}
