using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Serving;
using GenAiLab.Models.Folders;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace GenAiLab.Decoder;

/// <summary>The DecoderControl of decoder.proto: models come and go while others serve.</summary>
[RequiresScope(ApiScopes.Control)]
public sealed class DecoderControlGrpcService : DecoderControl.DecoderControlBase
{
    private const string ServesOn = "the model that was read before goes on serving";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaximumTimeout = TimeSpan.FromHours(1);
    private readonly DecoderCatalog _catalog;
    private readonly ModelLoading _loading;
    private readonly ServiceDrain _drain;
    private readonly bool _allowsKill;

    internal DecoderControlGrpcService(DecoderCatalog catalog, ModelLoading loading, ServiceDrain drain, DecoderOptions options) =>
        (_catalog, _loading, _drain, _allowsKill) = (catalog, loading, drain, options.AllowsKill);

    /// <inheritdoc/>
    public override async Task<LoadDecoderResponse> LoadDecoder(LoadDecoderRequest request, ServerCallContext context)
    {
        var name = Name(request.Model);
        var folder = Folder(name, request.Reload);
        _loading.Announce([folder]);
        if (request.Reload)
        {
            if (await _loading.ReloadAsync(folder, context.CancellationToken) is { } reason)
            {
                throw RpcErrors.FailedPrecondition($"the folder of model '{name}' was refused: {reason}; {ServesOn}");
            }
        }
        else if (await _loading.LoadAsync(folder, context.CancellationToken))
        {
            _catalog.Find(name)?.SetDraining(false);
        }

        var description = _catalog.Describe(name);
        return description.State == ModelState.Failed
            ? throw RpcErrors.FailedPrecondition($"model '{name}' was refused: {description.Failure}")
            : new LoadDecoderResponse { Decoder = description };
    }

    /// <inheritdoc/>
    public override async Task<DrainDecoderResponse> DrainDecoder(DrainDecoderRequest request, ServerCallContext context)
    {
        var (_, engine) = Engine(request.Model);
        return new DrainDecoderResponse { StreamsLeft = await ModelLoading.DrainAsync(engine, Limit(request.Timeout, "timeout"), context.CancellationToken) };
    }

    /// <inheritdoc/>
    public override async Task<UnloadDecoderResponse> UnloadDecoder(UnloadDecoderRequest request, ServerCallContext context)
    {
        var (name, engine) = Engine(request.Model);
        var left = await ModelLoading.DrainAsync(engine, Limit(request.Timeout, "timeout"), context.CancellationToken);
        if (left > 0)
        {
            throw RpcErrors.FailedPrecondition($"{left} streams of '{name}' have not ended; it is drained further");
        }

        return await _loading.UnloadAsync(name, engine, context.CancellationToken)
            ? new UnloadDecoderResponse()
            : throw RpcErrors.FailedPrecondition($"'{name}' was read anew meanwhile; what was read serves");
    }

    /// <inheritdoc/>
    public override async Task<DrainResponse> Drain(DrainRequest request, ServerCallContext context)
    {
        // It goes on when the caller leaves: there is no way back from it.
        var (finished, handedOver) = await _drain.BeginAsync(request.Grace is null ? null : Limit(request.Grace, "grace")).WaitAsync(context.CancellationToken);
        _drain.EndProcess();
        return new DrainResponse { StreamsFinished = finished, StreamsHandedOver = handedOver };
    }

    /// <inheritdoc/>
    public override Task<KillResponse> Kill(KillRequest request, ServerCallContext context)
    {
        if (!_allowsKill)
        {
            throw RpcErrors.FailedPrecondition("this decoder is not to be killed by a call: Decoder:AllowsKill is not set; lab up --decoders 2 sets it");
        }

        // SIGKILL: nothing is said or closed any more.
        System.Diagnostics.Process.GetCurrentProcess().Kill();
        return Task.FromResult(new KillResponse());
    }

    private string Folder(string name, bool reload)
    {
        IReadOnlyList<string> folders;
        try
        {
            folders = _loading.Folders();
        }
        catch (ModelFolderException error)
        {
            throw RpcErrors.Unavailable(error.Message);
        }

        // A name from outside is compared with what is there and never made a path of.
        return folders.FirstOrDefault(folder => Path.GetFileName(folder) == name)
            ?? throw (reload && _catalog.Find(name) is { Failure: null }
                ? RpcErrors.FailedPrecondition($"the folder of model '{name}' is gone, or holds no decoder any more; {ServesOn}")
                : RpcErrors.NotFound("decoder", name, folders.Select(Path.GetFileName).OfType<string>()));
    }

    private (string Name, DecodeEngine Engine) Engine(string model)
    {
        var name = Name(model);
        return (name, _catalog.Get(name));
    }

    private static string Name(string model) => model.Length > 0 ? model : throw RpcErrors.InvalidArgument("model", "must be set");

    private static TimeSpan Limit(Duration? duration, string field)
    {
        var timeout = duration is null ? DefaultTimeout : new TimeSpan(Math.Clamp(duration.Seconds, -1, 3601) * TimeSpan.TicksPerSecond + (duration.Nanos / 100));
        return timeout >= TimeSpan.Zero && timeout <= MaximumTimeout
            ? timeout
            : throw RpcErrors.InvalidArgument(field, "must be from 0 to 1 hour");
    }
}
