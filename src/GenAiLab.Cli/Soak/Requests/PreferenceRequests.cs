using GenAiLab.V1;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>Rankings that are recorded, read and forgotten again, so that there are as many at the end as at the beginning.</summary>
internal static class PreferenceRequests
{
    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        new SoakKind("preferences, record", 2, RecordAsync),
        new SoakKind("preferences, read", 1, ReadAsync),
        new SoakKind("preferences, import", 1, ImportAsync),
    ];

    private static async Task<string> RecordAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = new RecordPreferenceRequest
        {
            Id = $"{Guid.NewGuid():N}",
            Prompt = { new ChatMessage { Role = "user", Content = $"What is {variant} plus 3?" } },
            AnswerA = new ModelAnswer { Text = $"{variant + 3}", Model = "lab-chat" },
            AnswerB = new ModelAnswer { Text = "I do not know.", Model = "lab-sft" },
            Preferred = PreferredAnswer.A,
            Rater = "soak",
        };
        var recorded = await lab.Preferences.RecordPreferenceAsync(request, cancellationToken: cancellation);
        await lab.Preferences.DeletePreferenceAsync(new DeletePreferenceRequest { Id = recorded.Preference.Id }, cancellationToken: cancellation);
        return recorded.Preference.AnswerA.Text;
    }

    private static async Task<string> ReadAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        await lab.Preferences.CountPreferencesAsync(new CountPreferencesRequest(), cancellationToken: cancellation);
        await lab.Preferences.ListPreferencesAsync(new ListPreferencesRequest { PageSize = 10 + variant }, cancellationToken: cancellation);
        using var call = lab.Preferences.ExportPreferences(new ExportPreferencesRequest(), cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            // What others have recorded and not yet deleted.
        }

        return "";
    }

    private static async Task<string> ImportAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        List<string> ids = [.. Enumerable.Range(0, 4).Select(static _ => $"{Guid.NewGuid():N}")];
        using var call = lab.Preferences.ImportPreferences(cancellationToken: cancellation);
        foreach (var id in ids)
        {
            await call.RequestStream.WriteAsync(
                new ImportPreferencesRequest
                {
                    Preference = new Preference
                    {
                        Id = id,
                        Prompt = { new ChatMessage { Role = "user", Content = $"Number {variant}" } },
                        AnswerA = new ModelAnswer { Text = "a" },
                        AnswerB = new ModelAnswer { Text = "b" },
                        Preferred = PreferredAnswer.Tie,
                        Rater = "soak",
                        Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTime(DateTime.UnixEpoch),
                    },
                },
                cancellation);
        }

        await call.RequestStream.CompleteAsync();
        var imported = await call.ResponseAsync;
        foreach (var id in ids)
        {
            await lab.Preferences.DeletePreferenceAsync(new DeletePreferenceRequest { Id = id }, cancellationToken: cancellation);
        }

        return $"{imported.Imported}";
    }
}
