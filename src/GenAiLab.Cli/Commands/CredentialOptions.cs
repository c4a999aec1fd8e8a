using System.CommandLine;
using GenAiLab.Client;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say what a running lab wants to see of its caller: certificates, an API key. Each has an environment variable.</summary>
internal sealed class CredentialOptions
{
    private readonly Option<string?> _authority = File("--ca", LabCredentials.AuthorityVariable, "PEM file of the authority that the service's certificate must chain to");
    private readonly Option<string?> _certificate = File("--cert", LabCredentials.CertificateVariable, "PEM file of your certificate, for a service that demands one");
    private readonly Option<string?> _key = File("--key", LabCredentials.KeyVariable, "PEM file of its private key");
    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = $"API key of a service that wants one. Others can see your command line: {LabCredentials.ApiKeyVariable} in the environment is better.",
        HelpName = "KEY",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_authority, _certificate, _key, _apiKey])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given, on the command line or else in the environment.</summary>
    public LabCredentials Read(ParseResult arguments)
    {
        var environment = LabCredentials.FromEnvironment();
        return new LabCredentials
        {
            Authority = arguments.GetValue(_authority) ?? environment.Authority,
            Certificate = arguments.GetValue(_certificate) ?? environment.Certificate,
            Key = arguments.GetValue(_key) ?? environment.Key,
            ApiKey = arguments.GetValue(_apiKey) ?? environment.ApiKey,
        };
    }

    /// <summary>Whether files were given for an address that takes none.</summary>
    /// <exception cref="CommandException">They were: the call would go in the clear.</exception>
    public void Check(ParseResult arguments, Uri address)
    {
        if (address.Scheme == Uri.UriSchemeHttp
            && ((Option<string?>[])[_authority, _certificate, _key]).FirstOrDefault(option => arguments.GetValue(option) is not null) is { } option)
        {
            throw new CommandException($"{option.Name} needs an https address; {address} would be called in the clear");
        }
    }

    private static Option<string?> File(string name, string variable, string description) => new(name)
    {
        Description = $"{description}. Default: {variable} in the environment.",
        HelpName = "FILE",
    };
}
