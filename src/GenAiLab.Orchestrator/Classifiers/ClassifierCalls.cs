using GenAiLab.Orchestrator.Downstream;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Classifiers;

/// <summary>
/// Asks a classifier in the middle of a generation. One that does not answer in time, or that fails, is UNAVAILABLE:
/// a generation never goes on without the answer that it was to have.
/// </summary>
internal sealed class ClassifierCalls(V1.Classifier.ClassifierClient classifier) : IDisposable
{
    /// <summary>Calls at a time, of all generations together: half of what a classifier takes unless configured.</summary>
    public const int Concurrency = 32;

    /// <summary>How long one answer may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _calls = new(Concurrency);

    /// <param name="request">What to classify.</param>
    /// <param name="field">What asked for it, for messages.</param>
    /// <param name="options">The caller's deadline and cancellation.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field: the classifier does not take this input. UNAVAILABLE: it fails.</exception>
    public async Task<ClassifyResponse> ClassifyAsync(ClassifyRequest request, string field, CallLimits options)
    {
        await _calls.WaitAsync(options.CancellationToken);
        try
        {
            return await InvokeAsync(request, field, options);
        }
        finally
        {
            _calls.Release();
        }
    }

    public void Dispose() => _calls.Dispose();

    private async Task<ClassifyResponse> InvokeAsync(ClassifyRequest request, string field, CallLimits options)
    {
        var isOurs = options.Left is not { } left || left > Limit;
        var own = isOurs ? options.WithDeadlineAfter(Limit) : options;
        try
        {
            return await DownstreamCall.InvokeAsync("classifier", () => classifier.ClassifyAsync(request, own).ResponseAsync, options.CancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.InvalidArgument)
        {
            throw RpcErrors.InvalidArgument(field, $"the classifier '{request.Model}' refuses the input: {error.Status.Detail}");
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.DeadlineExceeded && isOurs)
        {
            throw RpcErrors.Unavailable($"the classifier '{request.Model}' did not answer within {Limit.TotalSeconds:0} s");
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Internal)
        {
            throw RpcErrors.Unavailable(error.Status.Detail);
        }
    }
}
