using System.CommandLine;
using System.CommandLine.Parsing;
using GenAiLab.Cli.Hosting;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say where a command finds its services: a running lab, or embedded in this process.</summary>
internal sealed class ServiceOptions
{
    private readonly Option<Uri?> _address;
    private readonly Option<string?> _models;
    private readonly CredentialOptions _credentials = new();

    /// <param name="service">The service that the command calls; part of the help text.</param>
    /// <param name="modelsOption">What the option for the folder is called, where --models means something else.</param>
    public ServiceOptions(string service, string modelsOption = "--models")
    {
        _models = new Option<string?>(modelsOption)
        {
            Description = "The folder of model folders for the embedded services. Default: the nearest folder called models.",
            HelpName = "FOLDER",
        };
        _address = new Option<Uri?>("--address")
        {
            Description = $"Address of a running {service}, such as http://127.0.0.1:{ServicePorts.DefaultFor(service)}. Default: start what is needed in this process.",
            HelpName = "URL",
            CustomParser = static result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                {
                    return address;
                }

                result.AddError($"--address takes an http or https URL; got '{result.Tokens[0].Value}'.");
                return null;
            },
        };
    }

    public void AddTo(Command command)
    {
        AddAddressTo(command);
        command.Options.Add(_models);
    }

    /// <summary>Adds the address and what goes with it, for a service that needs no models.</summary>
    public void AddAddressTo(Command command)
    {
        command.Options.Add(_address);
        _credentials.AddTo(command);
    }

    /// <summary>The running service that the user named; null: none was named.</summary>
    public RemoteLab? Remote(ParseResult arguments)
    {
        if (arguments.GetValue(_address) is not { } address)
        {
            return null;
        }

        _credentials.Check(arguments, address);
        return new RemoteLab(address, _credentials.Read(arguments));
    }

    /// <summary>Whether the user named a running service.</summary>
    public bool IsRemote(CommandResult command) => command.GetResult(_address) is not null;

    /// <summary>Connects to the address, or starts the services here and waits until they have loaded.</summary>
    public async Task<ILabConnection> ConnectAsync(ParseResult arguments, EmbeddedServices needed, CancellationToken cancellation) =>
        Remote(arguments) ?? (ILabConnection)await EmbeddedLab.StartAsync(needed, arguments.GetValue(_models), cancellation);
}
