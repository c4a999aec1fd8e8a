using System.CommandLine;
using System.Text;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab preferences</c>: who prefers which of two answers, counted, listed, taken out and put in.</summary>
internal static class PreferencesCommand
{
    private const int ShownCharacters = 60;

    public static Command Create() => new("preferences", "What people prefer: counts, lists, exports and imports it.")
    {
        CreateCount(), CreateList(), PreferencesFileCommands.CreateExport(), PreferencesFileCommands.CreateImport(),
    };

    private static Command CreateCount()
    {
        var rater = Rater();
        var store = new PreferencesOptions();
        var command = new Command("count", "How many preferences there are, together and by rater.") { rater };
        store.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await store.ConnectAsync(arguments, cancelled);
                var counts = await lab.Preferences.CountPreferencesAsync(
                    new CountPreferencesRequest { Rater = arguments.GetValue(rater) ?? "" }, cancellationToken: cancelled);
                Console.WriteLine($"{counts.Preferences} preferences by {counts.Raters} raters, {counts.Ties} of them ties");
                foreach (var count in counts.ByRater)
                {
                    Console.WriteLine($"{count.Preferences,8}  {OneLine(count.Rater)}{(count.Ties > 0 ? $" ({count.Ties} ties)" : "")}");
                }
            },
            cancellation));
        return command;
    }

    private static Command CreateList()
    {
        var rater = Rater();
        var limit = new Option<int>("--limit") { Description = "How many to show, 1 to 100.", DefaultValueFactory = static _ => 20 };
        limit.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100)
            {
                result.AddError("--limit takes a number from 1 to 100.");
            }
        });
        var oldest = new Option<bool>("--oldest") { Description = "The oldest first; otherwise the newest." };
        var store = new PreferencesOptions();
        var command = new Command("list", "One line per preference: time, rater, the question and which answer is preferred.") { rater, limit, oldest };
        store.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await store.ConnectAsync(arguments, cancelled);
                var left = arguments.GetValue(limit);
                var request = new ListPreferencesRequest
                {
                    Rater = arguments.GetValue(rater) ?? "",
                    Order = arguments.GetValue(oldest) ? PreferenceOrder.OldestFirst : PreferenceOrder.NewestFirst,
                };
                do
                {
                    // A page may be shorter than it was asked to be.
                    request.PageSize = left;
                    var page = await lab.Preferences.ListPreferencesAsync(request, cancellationToken: cancelled);
                    foreach (var preference in page.Preferences)
                    {
                        Console.WriteLine(Describe(preference));
                    }

                    left -= page.Preferences.Count;
                    request.PageToken = page.NextPageToken;
                }
                while (left > 0 && request.PageToken.Length > 0);
            },
            cancellation));
        return command;
    }

    private static Option<string?> Rater() => new("--rater") { Description = "Only this rater's.", HelpName = "NAME" };

    private static string Describe(Preference preference)
    {
        var verdict = preference.Preferred switch
        {
            PreferredAnswer.A => $"\"{OneLine(preference.AnswerA.Text)}\" > \"{OneLine(preference.AnswerB.Text)}\"",
            PreferredAnswer.B => $"\"{OneLine(preference.AnswerB.Text)}\" > \"{OneLine(preference.AnswerA.Text)}\"",
            _ => $"\"{OneLine(preference.AnswerA.Text)}\" = \"{OneLine(preference.AnswerB.Text)}\"",
        };
        return $"{preference.Time.ToDateTime():yyyy-MM-dd HH:mm:ss}Z  {preference.Id}  {OneLine(preference.Rater)}  \"{OneLine(preference.Prompt[^1].Content)}\"  {verdict}";
    }

    // What others wrote must not move the cursor or colour the screen.
    private static string OneLine(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= ShownCharacters)
            {
                return shown.Append('…').ToString();
            }

            shown.Append(Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control
                or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator ? " " : rune.ToString());
        }

        return shown.ToString();
    }
}
