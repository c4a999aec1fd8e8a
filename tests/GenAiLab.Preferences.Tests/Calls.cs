using System.Globalization;
using System.Text;
using GenAiLab.Client;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace GenAiLab.Preferences.Tests;

/// <summary>Requests and calls that many tests make.</summary>
internal static class Calls
{
    public static RecordPreferenceRequest Request(string question = "What is the capital of France?", string rater = "ada", string id = "") => new()
    {
        Id = id,
        Prompt = { new ChatMessage { Role = "user", Content = question } },
        AnswerA = new ModelAnswer { Text = "Paris.", Model = "lab-chat" },
        AnswerB = new ModelAnswer { Text = "Lyon.", Model = "lab-sft" },
        Preferred = PreferredAnswer.A,
        Rater = rater,
    };

    public static Preference Preference(string id, DateTimeOffset time) => new()
    {
        Id = id,
        Prompt = { Request().Prompt },
        AnswerA = Request().AnswerA,
        AnswerB = Request().AnswerB,
        Preferred = PreferredAnswer.A,
        Rater = "ada",
        Time = Timestamp.FromDateTimeOffset(time),
    };

    public static DateTimeOffset Day(int day) => new(2024, 1, day, 12, 0, 0, TimeSpan.Zero);

    public static async Task<Preference> RecordAsync(this PreferencesHost host, RecordPreferenceRequest request) =>
        (await host.Client.RecordPreferenceAsync(request, PreferencesHost.Options())).Preference;

    public static Task<long> CountAsync(this PreferencesHost host) => host.Client.CountAsync();

    public static async Task<long> CountAsync(this V1.Preferences.PreferencesClient client) =>
        (await client.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options())).Preferences;

    public static async Task<List<Preference>> ExportAsync(this V1.Preferences.PreferencesClient client)
    {
        using var call = client.ExportPreferences(new ExportPreferencesRequest(), PreferencesHost.Options());
        var all = new List<Preference>();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            all.Add(call.ResponseStream.Current.Preference);
        }

        return all;
    }

    /// <summary>As the command line writes it to a file.</summary>
    public static async Task<string> ExportLinesAsync(this PreferencesHost host) =>
        string.Concat((await host.Client.ExportAsync()).Select(static preference => Encoding.UTF8.GetString(PreferenceJson.Write(preference).Span) + "\n"));

    public static Task<ImportPreferencesResponse> ImportAsync(this PreferencesHost host, params IEnumerable<Preference> preferences) =>
        host.Client.ImportAsync(preferences);

    public static async Task<ImportPreferencesResponse> ImportAsync(this V1.Preferences.PreferencesClient client, params IEnumerable<Preference> preferences)
    {
        using var call = client.ImportPreferences(PreferencesHost.Options());
        try
        {
            foreach (var preference in preferences)
            {
                await call.RequestStream.WriteAsync(new ImportPreferencesRequest { Preference = preference }, TestContext.Current.CancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            // The answer came early.
        }

        return await call.ResponseAsync;
    }

    public static Task<ImportPreferencesResponse> ImportLinesAsync(this PreferencesHost host, string lines) => host.ImportAsync(
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => PreferenceJson.Read(Encoding.UTF8.GetBytes(line))));

    public static async Task<List<string>> ListAsync(this PreferencesHost host, ListPreferencesRequest request, Func<int, Task>? betweenPages = null)
    {
        var ids = new List<string>();
        for (var page = 0; ; page++)
        {
            var response = await host.Client.ListPreferencesAsync(request, PreferencesHost.Options());
            ids.AddRange(response.Preferences.Select(static preference => preference.Id));
            if (response.NextPageToken.Length == 0)
            {
                return ids;
            }

            request.PageToken = response.NextPageToken;
            await (betweenPages?.Invoke(page) ?? Task.CompletedTask);
        }
    }

    public static string Number(this int number) => number.ToString("D4", CultureInfo.InvariantCulture);
}
