using GenAiLab.Orchestrator.Fleet;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// The decoder's models, remembered for a moment: a generation needs the context length and the
/// end-of-sequence ids before it begins, and should not pay a call for them. Thread-safe.
/// </summary>
internal sealed class ModelCatalogue(IDecoders decoders, TimeProvider time)
{
    /// <summary>How long a listing is believed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private volatile Listing? _latest;

    /// <summary>The models now.</summary>
    /// <exception cref="RpcException">The decoder's error; UNAVAILABLE when it is not reachable.</exception>
    public async Task<ListDecodersResponse> ListAsync(CallLimits options)
    {
        var response = await decoders.CallAsync(
            static (decoder, options) => decoder.ListDecodersAsync(new ListDecodersRequest(), options).ResponseAsync, options);
        _latest = new Listing(response, time.GetTimestamp());
        return response;
    }

    /// <summary>A model that can be called.</summary>
    /// <param name="name">Empty: the default model.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">NOT_FOUND, FAILED_PRECONDITION for a model whose folder was refused, UNAVAILABLE while it loads.</exception>
    public async ValueTask<DecoderDescription> GetReadyAsync(string name, CallLimits options)
    {
        // Bad news is never taken from memory.
        if (_latest is { } latest && time.GetElapsedTime(latest.Timestamp) < Lifetime
            && Find(latest.Response, name) is { State: ModelState.Ready } remembered)
        {
            return remembered;
        }

        var response = await ListAsync(options);
        var model = Find(response, name);
        return model?.State switch
        {
            // Before it has read its folders, the decoder knows of none.
            null when response.Decoders.Count == 0 => throw RpcErrors.Unavailable("the decoder has no model yet"),
            null when name.Length == 0 => throw RpcErrors.FailedPrecondition($"the default model '{response.DefaultDecoder}' does not exist"),
            null => throw RpcErrors.NotFound("model", name, response.Decoders.Select(static decoder => decoder.Name)),
            ModelState.Ready => model,
            ModelState.Failed => throw RpcErrors.FailedPrecondition($"model '{model.Name}' could not be loaded: {model.Failure}"),
            _ => throw RpcErrors.Unavailable($"model '{model.Name}' is being loaded"),
        };
    }

    private static DecoderDescription? Find(ListDecodersResponse response, string name)
    {
        var wanted = name.Length == 0 ? response.DefaultDecoder : name;
        return response.Decoders.FirstOrDefault(decoder => decoder.Name == wanted);
    }

    private sealed record Listing(ListDecodersResponse Response, long Timestamp);
}
