using System.Globalization;
using GenAiLab.Cli.Conversations;
using Google.Protobuf;
using Spectre.Console;

namespace GenAiLab.Cli.Printing;

/// <summary>Answers of several models as one table, a row each.</summary>
internal static class ComparisonTable
{
    // A pipe has no width; whoever reads from it wants whole answers.
    private const int WidthOfPipe = 200;

    public static void Write(IEnumerable<ComparedAnswer> answers)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthOfPipe;
        }

        var table = new Table().Border(TableBorder.Rounded).ShowRowSeparators();
        foreach (var (heading, right) in new[] { ("model", false), ("asked", false), ("answer", false), ("tokens", true), ("log-prob./token", true), ("finish", false) })
        {
            table.AddColumn(new TableColumn(heading) { Alignment = right ? Justify.Right : Justify.Left });
        }

        foreach (var answer in answers)
        {
            table.AddRow(
                new Text(answer.Model),
                new Text(answer.ByTemplate ? "by its chat template" : "the text as it stands"),
                // Quoted: what a model writes must not steer the terminal, and line breaks tell how it writes.
                new Text(answer.Failure ?? TokenText.Quote(ByteString.CopyFromUtf8(answer.Text))),
                new Text(answer.Tokens.ToString(CultureInfo.InvariantCulture)),
                new Text(answer.MeanLogProbability?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-"),
                new Text(answer.Finished is { } finished ? GenerationTrace.Reason(finished) : "-"));
        }

        console.Write(table);
    }
}
