using System.CommandLine;
using GenAiLab.Cli.Hosting;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say which store of preferences a command uses: a running service, or a database that it opens itself.</summary>
internal sealed class PreferencesOptions
{
    private readonly ServiceOptions _services = new("preferences");
    private readonly Option<string?> _connection = new("--preferences")
    {
        Description = "Without --address: a SQLite file's path, or a connection string of PostgreSQL. Default: a file in your data folder.",
        HelpName = "CONNECTION",
    };

    public void AddTo(Command command)
    {
        _services.AddAddressTo(command);
        command.Options.Add(_connection);
    }

    /// <summary>Connects to the address, or opens the database in this process.</summary>
    public async Task<ILabConnection> ConnectAsync(ParseResult arguments, CancellationToken cancellation) =>
        _services.Remote(arguments) ?? (ILabConnection)await EmbeddedLab.StartAsync(
            EmbeddedServices.Preferences, modelsRoot: null, cancellation, arguments.GetValue(_connection));
}
