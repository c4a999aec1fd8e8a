using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.Security.ApiKeys;

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

    private readonly Option<string?> _tenant = new("--tenant")
    {
        Description = "Without --address: whose preferences, a tenant of API keys. Default: those that were recorded without a key.",
        HelpName = "NAME",
    };

    public PreferencesOptions() => _tenant.Validators.Add(static result =>
    {
        if (ApiKeyFile.TenantObstacle(result.Tokens[0].Value) is { } obstacle)
        {
            result.AddError($"--tenant {obstacle}.");
        }
    });

    public void AddTo(Command command)
    {
        _services.AddAddressTo(command);
        command.Options.Add(_connection);
        command.Options.Add(_tenant);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_tenant) is { } given && _services.IsRemote(result))
            {
                given.AddError("--tenant goes without --address: a running service reads the tenant from the API key.");
            }
        });
    }

    /// <summary>Connects to the address, or opens the database in this process.</summary>
    public async Task<ILabConnection> ConnectAsync(ParseResult arguments, CancellationToken cancellation) =>
        _services.Remote(arguments) ?? (ILabConnection)await EmbeddedLab.StartAsync(
            EmbeddedServices.Preferences, modelsRoot: null, cancellation, arguments.GetValue(_connection), arguments.GetValue(_tenant));
}
