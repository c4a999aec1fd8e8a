using System.Text;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>Vectors for texts: each is run through the model once, a few at a time.</summary>
internal sealed class EmbedCall(IDecoders decoders, ModelCatalogue catalogue, TextEncoder encoder)
{
    public const int MaximumTexts = 256;

    /// <summary>Sequences of one call that are under way at a time: enough to fill a batch, and not all of a decoder's slots.</summary>
    public const int Concurrency = 4;

    /// <param name="request">What the caller asked for, not checked yet.</param>
    /// <param name="tenant">Whose request it is.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">The request cannot be served; the contract says how.</exception>
    public async Task<OrchestratorEmbedResponse> RunAsync(OrchestratorEmbedRequest request, string tenant, CallLimits options)
    {
        Validate(request);
        var model = await catalogue.GetReadyAsync(request.Model, options);
        var embeddings = new Embedding[Math.Max(request.Texts.Count, request.Tokens.Count)];
        var tokens = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = options.CancellationToken };
        await Parallel.ForAsync(0, embeddings.Length, parallel, async (index, cancellation) =>
        {
            var own = options.WithCancellationToken(cancellation);
            var ids = request.Texts.Count > 0
                ? [.. (await encoder.EncodeAsync(model, request.Texts[index], own)).Tokens.Select(static token => token.Id)]
                : (IReadOnlyList<int>)request.Tokens[index].Ids;
            ValidateFor(model, request, index, ids);
            Interlocked.Add(ref tokens, ids.Count);
            embeddings[index] = await EmbedAsync(model, request, ids, tenant, own);
        });
        return new OrchestratorEmbedResponse { Model = model.Name, Embeddings = { embeddings }, Tokens = tokens };
    }

    /// <summary>The first values of a vector, scaled to length 1 again where the vector was; one of length 0 stays.</summary>
    public static float[] Shorten(IReadOnlyList<float> values, int dimensions, bool unnormalized)
    {
        float[] shortened = [.. values.Take(dimensions)];
        if (unnormalized)
        {
            return shortened;
        }

        var length = Math.Sqrt(shortened.Sum(static value => (double)value * value));
        return length == 0 ? shortened : [.. shortened.Select(value => (float)(value / length))];
    }

    private async Task<Embedding> EmbedAsync(
        DecoderDescription model, OrchestratorEmbedRequest request, IReadOnlyList<int> ids, string tenant, CallLimits options)
    {
        var embed = new EmbedRequest
        {
            Model = model.Name,
            Tokens = new TokenIds { Ids = { ids } },
            Pooling = request.Pooling,
            Unnormalized = request.Unnormalized,
            Admission = new Admission { Tenant = tenant },
        };
        var response = await PlacedCall.InvokeAsync(
            decoders, model.Name, ids, (decoder, options) => decoder.EmbedAsync(embed, options).ResponseAsync, options);
        if (request.Dimensions > response.Values.Count)
        {
            RpcErrors.ThrowInvalidArgument("dimensions", $"must be at most {response.Values.Count}, the width of the model '{model.Name}'");
        }

        return request.Dimensions == 0
            ? new Embedding { Values = { response.Values } }
            : new Embedding { Values = { Shorten(response.Values, request.Dimensions, request.Unnormalized) } };
    }

    private static void Validate(OrchestratorEmbedRequest request)
    {
        if (request.Texts.Count > 0 && request.Tokens.Count > 0)
        {
            RpcErrors.ThrowInvalidArgument("tokens", "contradicts texts: set one of them");
        }

        var field = request.Tokens.Count > 0 ? "tokens" : "texts";
        var count = Math.Max(request.Texts.Count, request.Tokens.Count);
        if (count is < 1 or > MaximumTexts)
        {
            RpcErrors.ThrowInvalidArgument(field, $"has {count}; there must be 1 to {MaximumTexts}");
        }

        for (var index = 0; index < request.Texts.Count; index++)
        {
            if (request.Texts[index].Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"texts[{index}]", "is empty");
            }
        }

        if (request.Texts.Sum(static text => (long)Encoding.UTF8.GetByteCount(text)) > RequestValidation.MaximumTextBytes)
        {
            RpcErrors.ThrowInvalidArgument("texts", $"are longer than {RequestValidation.MaximumTextBytes} bytes of UTF-8 together");
        }

        if (!Enum.IsDefined(request.Pooling))
        {
            RpcErrors.ThrowInvalidArgument("pooling", "is not a pooling");
        }

        if (request.Dimensions < 0)
        {
            RpcErrors.ThrowInvalidArgument("dimensions", "must be at least 1");
        }
    }

    private static void ValidateFor(DecoderDescription model, OrchestratorEmbedRequest request, int index, IReadOnlyList<int> ids)
    {
        var field = request.Texts.Count > 0 ? $"texts[{index}]" : $"tokens[{index}]";
        if (ids.Count == 0)
        {
            RpcErrors.ThrowInvalidArgument(field, "has no tokens");
        }

        if (ids.Count > model.ContextLength)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{ids.Count} tokens, the model '{model.Name}' takes at most {model.ContextLength}");
        }

        SequenceValidation.Validate(ids, $"tokens[{index}].ids", model);
    }
}
