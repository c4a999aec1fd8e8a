using GenAiLab.Inference;
using GenAiLab.Orchestrator.Faces;
using GenAiLab.Orchestrator.Faces.KServe;
using GenAiLab.Orchestrator.Faces.OpenAi;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.Fuzz.Targets;

/// <summary>Requests of the three public faces, up to where a model is asked.</summary>
internal static class Requests
{
    public static bool Generate(byte[] message) => Try(() => RequestValidation.Validate(GenerateRequest.Parser.ParseFrom(message)));

    public static bool KServe(byte[] message) => Try(() => GeneratorRequest.Read(ModelInferRequest.Parser.ParseFrom(message)));

    public static bool OpenAiChat(byte[] body) => Try(() => ChatCompletionRequest.Read(Fields(body)));

    public static bool OpenAiCompletion(byte[] body) => Try(() => CompletionRequest.Read(Fields(body)));

    private static JsonFields Fields(byte[] body)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(body);
        // All of the body is there, and so is the answer.
        return OpenAiRequest.ReadAsync(context).GetAwaiter().GetResult();
    }

    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (RpcException error)
        {
            Refusal.Check(error);
            return false;
        }
        catch (InvalidProtocolBufferException)
        {
            // Before any code of the services: it is INVALID_ARGUMENT there.
            return false;
        }
    }
}
