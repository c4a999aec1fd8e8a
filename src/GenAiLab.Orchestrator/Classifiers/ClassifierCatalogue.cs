using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Classifiers;

/// <summary>The classifiers that there are, remembered for a moment: every guarded generation needs their labels. Thread-safe.</summary>
internal sealed class ClassifierCatalogue(V1.Classifier.ClassifierClient classifier, TimeProvider time)
{
    /// <summary>How long a listing is believed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private volatile Listing? _latest;

    /// <summary>A classifier of texts that can be called.</summary>
    /// <param name="name">Empty: the default classifier.</param>
    /// <param name="options">Deadline and cancellation.</param>
    /// <exception cref="RpcException">NOT_FOUND, FAILED_PRECONDITION for one of images or whose folder was refused, UNAVAILABLE while it loads.</exception>
    public async ValueTask<ClassifierDescription> GetReadyAsync(string name, CallLimits options)
    {
        var found = await FindReadyAsync(name, options);
        return found.Modality == Modality.Image
            ? throw RpcErrors.FailedPrecondition($"classifier '{found.Name}' takes images, not text")
            : found;
    }

    private async ValueTask<ClassifierDescription> FindReadyAsync(string name, CallLimits options)
    {
        // Bad news is never taken from memory.
        if (_latest is { } latest && time.GetElapsedTime(latest.Timestamp) < Lifetime
            && Find(latest.Response, name) is { State: ModelState.Ready } remembered)
        {
            return remembered;
        }

        var response = await DownstreamCall.InvokeAsync(
            "classifier", () => classifier.ListClassifiersAsync(new ListClassifiersRequest(), options).ResponseAsync, options.CancellationToken);
        _latest = new Listing(response, time.GetTimestamp());
        var found = Find(response, name);
        return found?.State switch
        {
            null when name.Length == 0 => throw RpcErrors.FailedPrecondition("there is no default classifier"),
            null => throw RpcErrors.NotFound("classifier", name, response.Classifiers.Select(static known => known.Name)),
            ModelState.Ready => found,
            ModelState.Failed => throw RpcErrors.FailedPrecondition($"classifier '{found.Name}' could not be loaded: {found.Failure}"),
            _ => throw RpcErrors.Unavailable($"classifier '{found.Name}' is being loaded"),
        };
    }

    private static ClassifierDescription? Find(ListClassifiersResponse response, string name)
    {
        var wanted = name.Length == 0 ? response.DefaultClassifier : name;
        return response.Classifiers.FirstOrDefault(known => known.Name == wanted);
    }

    private sealed record Listing(ListClassifiersResponse Response, long Timestamp);
}
