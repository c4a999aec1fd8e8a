using System.Diagnostics;
using GenAiLab.Preferences.Storage;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Preferences;

/// <summary>The Preferences of genailab.v1: who prefers which of two answers to which prompt, when.</summary>
[RequiresScope(ApiScopes.Preferences)]
public sealed class PreferencesGrpcService : V1.Preferences.PreferencesBase
{
    private const int DefaultPageSize = 50;
    private const int MaximumPageSize = 100;
    private const long MaximumImportRecords = 1_000_000;
    private const long MaximumImportBytes = 1L << 30;

    private readonly PreferenceStoreOpener _opener;
    private readonly PreferencesAdmission _admission;
    private readonly PreferencesTelemetry _telemetry;

    internal PreferencesGrpcService(PreferenceStoreOpener opener, PreferencesAdmission admission, PreferencesTelemetry telemetry)
    {
        _opener = opener;
        _admission = admission;
        _telemetry = telemetry;
    }

    /// <inheritdoc/>
    public override Task<RecordPreferenceResponse> RecordPreference(RecordPreferenceRequest request, ServerCallContext context) => CallAsync(context, async preferences =>
    {
        var started = Stopwatch.GetTimestamp();
        if (request.Id.Length > 0)
        {
            PreferenceChecks.CheckId(request.Id, "id");
        }

        var preference = new Preference
        {
            // Version 7 begins with the time: ids of one moment lie beside each other in the index.
            Id = request.Id.Length > 0 ? request.Id : Guid.CreateVersion7().ToString(),
            Prompt = { request.Prompt },
            AnswerA = request.AnswerA,
            AnswerB = request.AnswerB,
            Preferred = request.Preferred,
            Rater = request.Rater,
        };
        PreferenceChecks.CheckContent(preference, "");
        var outcome = await preferences().RecordAsync(preference, context.CancellationToken);
        if (outcome.IsOther)
        {
            throw RpcErrors.AlreadyExists($"id: '{request.Id}' is stored with another content; choose another id");
        }

        _telemetry.Recorded(outcome.WasThere, Stopwatch.GetElapsedTime(started));
        return new RecordPreferenceResponse { Preference = outcome.Stored, AlreadyRecorded = outcome.WasThere };
    });

    /// <inheritdoc/>
    public override Task<ListPreferencesResponse> ListPreferences(ListPreferencesRequest request, ServerCallContext context) => CallAsync(context, async preferences =>
    {
        if (request.PageSize is < 0 or > MaximumPageSize)
        {
            RpcErrors.ThrowInvalidArgument("page_size", $"{request.PageSize} is not in [0, {MaximumPageSize}]");
        }

        if (request.Order is not (PreferenceOrder.Unspecified or PreferenceOrder.NewestFirst or PreferenceOrder.OldestFirst))
        {
            RpcErrors.ThrowInvalidArgument("order", "is none of NEWEST_FIRST and OLDEST_FIRST");
        }

        PreferenceChecks.CheckRaterFilter(request.Rater);
        var newestFirst = request.Order != PreferenceOrder.OldestFirst;
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var after = PageToken.Read(request.PageToken, newestFirst, request.Rater);
        var page = await preferences().PageAsync(size, newestFirst, request.Rater, after, context.CancellationToken);
        return new ListPreferencesResponse
        {
            Preferences = { page.Preferences },
            NextPageToken = page.HasMore ? PageToken.Write(newestFirst, request.Rater, page.End) : "",
        };
    });

    /// <inheritdoc/>
    public override Task<CountPreferencesResponse> CountPreferences(CountPreferencesRequest request, ServerCallContext context) => CallAsync(context, preferences =>
    {
        PreferenceChecks.CheckRaterFilter(request.Rater);
        return preferences().CountAsync(request.Rater, context.CancellationToken);
    });

    /// <inheritdoc/>
    public override Task<DeletePreferenceResponse> DeletePreference(DeletePreferenceRequest request, ServerCallContext context) => CallAsync(context, async preferences =>
    {
        PreferenceChecks.CheckId(request.Id, "id");
        if (!await preferences().DeleteAsync(request.Id, context.CancellationToken))
        {
            throw RpcErrors.NotFound("preference", request.Id);
        }

        _telemetry.Deleted();
        return new DeletePreferenceResponse();
    });

    /// <inheritdoc/>
    public override async Task ExportPreferences(
        ExportPreferencesRequest request, IServerStreamWriter<ExportPreferencesResponse> responseStream, ServerCallContext context)
    {
        using var ticket = _admission.EnterStream();
        PreferenceChecks.CheckRaterFilter(request.Rater);
        PagePosition? after = null;
        while (true)
        {
            // Page by page: a slow reader holds neither memory nor a connection.
            var page = await ExplainAsync(() => PreferencesOf(context).PageAsync(MaximumPageSize, newestFirst: false, request.Rater, after, context.CancellationToken));
            foreach (var preference in page.Preferences)
            {
                await responseStream.WriteAsync(new ExportPreferencesResponse { Preference = preference }, context.CancellationToken);
            }

            if (!page.HasMore)
            {
                return;
            }

            after = page.End;
        }
    }

    /// <inheritdoc/>
    public override async Task<ImportPreferencesResponse> ImportPreferences(
        IAsyncStreamReader<ImportPreferencesRequest> requestStream, ServerCallContext context)
    {
        using var ticket = _admission.EnterStream();
        return await ExplainAsync(async () =>
        {
            await using var import = await PreferencesOf(context).ImportAsync(context.CancellationToken);
            var (record, bytes) = (0L, 0L);
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                record++;
                var preference = requestStream.Current.Preference ?? throw RpcErrors.InvalidArgument($"record[{record}]", "is missing");
                bytes += preference.CalculateSize();
                if (record > MaximumImportRecords || bytes > MaximumImportBytes)
                {
                    RpcErrors.ThrowInvalidArgument($"record[{record}]", $"exceeds {MaximumImportRecords:N0} records or {MaximumImportBytes:N0} bytes; import in parts");
                }

                PreferenceChecks.CheckId(preference.Id, $"record[{record}].id");
                PreferenceChecks.CheckTime(preference.Time, $"record[{record}].time");
                PreferenceChecks.CheckContent(preference, $"record[{record}].");
                if (!await import.AddAsync(record, preference, context.CancellationToken))
                {
                    throw RpcErrors.AlreadyExists($"record[{record}].id: '{preference.Id}' comes earlier with another content; nothing was imported");
                }
            }

            var outcome = await import.CommitAsync(context.CancellationToken);
            if (outcome.Conflict is { } conflict)
            {
                throw RpcErrors.AlreadyExists($"record[{conflict}].id: '{outcome.ConflictId}' is stored with another content; nothing was imported");
            }

            _telemetry.Imported(outcome.Imported);
            return new ImportPreferencesResponse { Imported = outcome.Imported, Duplicates = record - outcome.Imported };
        });
    }

    // The store is asked for after the request was checked: a bad request is bad whatever the database does.
    private async Task<T> CallAsync<T>(ServerCallContext context, Func<Func<TenantPreferences>, Task<T>> call)
    {
        using var ticket = _admission.EnterCall();
        return await ExplainAsync(() => call(() => PreferencesOf(context)));
    }

    private TenantPreferences PreferencesOf(ServerCallContext context) => _opener.Of(context.ApiKeyTenant());

    private static async Task<T> ExplainAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StoreException error)
        {
            throw error.IsLasting ? RpcErrors.FailedPrecondition(error.Message) : RpcErrors.Unavailable(error.Message);
        }
    }
}
