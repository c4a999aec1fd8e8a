using GenAiLab.Inference;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd.Faces;

/// <summary>The Open Inference Protocol over real sockets.</summary>
[Collection(FacesCollection.Name)]
public sealed class KServeTests(FacesLab lab)
{
    private static CallOptions Options(string key) => new(
        [new Metadata.Entry("authorization", $"Bearer {key}")], DateTime.UtcNow.AddMinutes(1), TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_client_that_is_not_ours_infers_and_streams()
    {
        var output = await FacesLab.ForeignAsync("kserve.mjs", new Uri(lab.Grpc).Authority, Path.Combine(Lab.Repository, "protos"), lab.Key);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.DoesNotContain(lines, static line => !line.StartsWith("ok ", StringComparison.Ordinal));
        Assert.True(lines.Length >= 8, "the script ended early");
    }

    [Fact]
    public async Task A_generator_wants_one_scope_and_a_classifier_both()
    {
        var generates = await lab.KeyAsync("generate");
        using var channel = GrpcChannel.ForAddress(lab.Grpc);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(client, "lab-base", lab.PoorKey));
        Assert.Equal(StatusCode.OK, await StatusAsync(client, "lab-base", generates));
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(client, "lab-topics", generates));
        Assert.Equal(StatusCode.OK, await StatusAsync(client, "lab-topics", lab.Key));
    }

    [Fact]
    public async Task A_stream_that_is_left_leaves_nothing_behind()
    {
        using var channel = GrpcChannel.ForAddress(lab.Grpc);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        for (var round = 0; round < 3; round++)
        {
            using var call = client.ModelStreamInfer(Options(lab.Key));
            for (var number = 0; number < 16; number++)
            {
                await call.RequestStream.WriteAsync(Request("lab-base", 200), TestContext.Current.CancellationToken);
            }

            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        // More than the slots that there are were in use; if they still were, this would be refused or wait for its deadline.
        Assert.Equal(StatusCode.OK, await StatusAsync(client, "lab-base", lab.Key));
    }

    private static ModelInferRequest Request(string model, int maxTokens)
    {
        var request = new ModelInferRequest
        {
            ModelName = model,
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "text_input", Datatype = "BYTES", Shape = { 1 },
                    Contents = new InferTensorContents { BytesContents = { Google.Protobuf.ByteString.CopyFromUtf8("The cow") } },
                },
            },
        };
        if (maxTokens > 0)
        {
            request.Parameters["max_tokens"] = new InferParameter { Int64Param = maxTokens };
        }

        return request;
    }

    private static async Task<StatusCode> StatusAsync(GRPCInferenceService.GRPCInferenceServiceClient client, string model, string key)
    {
        try
        {
            await client.ModelInferAsync(Request(model, model == "lab-base" ? 1 : 0), Options(key));
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}
