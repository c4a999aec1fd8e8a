using System.CommandLine;
using System.Text.RegularExpressions;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Preferences;
using GenAiLab.Client;
using GenAiLab.Models.Folders;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab preferences export</c> and <c>import</c>: a JSON object per line, out and in.</summary>
internal static partial class PreferencesFileCommands
{
    public static Command CreateExport()
    {
        var file = new Argument<string?>("file") { Description = "The file to write. Default: standard output.", Arity = ArgumentArity.ZeroOrOne };
        var rater = new Option<string?>("--rater") { Description = "Only this rater's.", HelpName = "NAME" };
        var store = new PreferencesOptions();
        var command = new Command("export", "Writes all preferences, a JSON object per line, oldest first.") { file, rater };
        store.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await store.ConnectAsync(arguments, cancelled);
                if (arguments.GetValue(file) is { } path)
                {
                    await AtomicFile.WriteAsync(path, stream => ExportAsync(lab, arguments.GetValue(rater) ?? "", stream, cancelled));
                }
                else
                {
                    await using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
                    await ExportAsync(lab, arguments.GetValue(rater) ?? "", output, cancelled);
                }
            },
            cancellation));
        return command;
    }

    public static Command CreateImport()
    {
        var file = new Argument<string>("file") { Description = "A file as export writes it." };
        var store = new PreferencesOptions();
        var command = new Command("import", "Stores the preferences of a file: all of them, or none. Those that are stored already are skipped.") { file };
        store.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var stream = File.OpenRead(arguments.GetRequiredValue(file));
                await using var lab = await store.ConnectAsync(arguments, cancelled);
                var response = await ImportAsync(lab, stream, cancelled);
                Console.WriteLine($"{response.Imported} imported, {response.Duplicates} were there");
            },
            cancellation));
        return command;
    }

    private static async Task ExportAsync(ILabConnection lab, string rater, Stream stream, CancellationToken cancellation)
    {
        using var call = lab.Preferences.ExportPreferences(new ExportPreferencesRequest { Rater = rater }, cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            await PreferenceFile.WriteAsync(stream, call.ResponseStream.Current.Preference, cancellation);
        }

        await stream.FlushAsync(cancellation);
    }

    // A line that is no preference leaves the call without its end, which undoes it.
    private static async Task<ImportPreferencesResponse> ImportAsync(ILabConnection lab, Stream stream, CancellationToken cancellation)
    {
        using var call = lab.Preferences.ImportPreferences(cancellationToken: cancellation);
        try
        {
            await foreach (var preference in PreferenceFile.ReadAsync(stream, cancellation))
            {
                try
                {
                    await call.RequestStream.WriteAsync(new ImportPreferencesRequest { Preference = preference }, cancellation);
                }
                catch (Exception error) when (error is RpcException or InvalidOperationException)
                {
                    // The service has answered already; what it said is in the response.
                    break;
                }
            }

            await call.RequestStream.CompleteAsync();
            return await call.ResponseAsync;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.InvalidArgument or StatusCode.AlreadyExists)
        {
            var detail = error.GetFieldViolations() is [var violation, ..] ? $"{violation.Field}: {violation.Description}" : error.Status.Detail;
            throw new CommandException(RecordPath().Replace(detail, "line $1: "));
        }
    }

    // Records are counted as lines are.
    [GeneratedRegex(@"^record\[(\d+)\](\.|: )")]
    private static partial Regex RecordPath();
}
