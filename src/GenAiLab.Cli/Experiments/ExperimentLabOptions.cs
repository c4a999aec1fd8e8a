using System.CommandLine;
using GenAiLab.Cli.Commands;
using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Experiments;

/// <summary>Which lab the experiments run on: a running one, of which every address is given, or one of their own.</summary>
internal sealed class ExperimentLabOptions
{
    private readonly Option<string?> _models = new("--models")
    {
        Description = "The folder of model folders for a lab of its own. Default: the nearest folder called models.",
        HelpName = "FOLDER",
    };

    private readonly Option<Uri?> _orchestrator = Address("orchestrator");
    private readonly Option<Uri?> _tokenizer = Address("tokenizer");
    private readonly Option<Uri?> _classifier = Address("classifier");
    private readonly Option<Uri?> _decoder = Address("decoder");
    private readonly CredentialOptions _credentials = new();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_models, _orchestrator, _tokenizer, _classifier, _decoder])
        {
            command.Options.Add(option);
        }

        _credentials.AddTo(command);
    }

    /// <summary>Connects to the running lab, or starts one.</summary>
    /// <exception cref="CommandException">Some addresses are given and some are not, or a service could not start.</exception>
    public async Task<IStartedLab> ConnectAsync(ParseResult arguments, CancellationToken cancellation) =>
        (arguments.GetValue(_orchestrator), arguments.GetValue(_tokenizer), arguments.GetValue(_classifier), arguments.GetValue(_decoder)) switch
        {
            (null, null, null, null) => await ProcessLab.StartAsync(ModelsFolder(arguments), traced: false, cancellation),
            ({ } orchestrator, { } tokenizer, { } classifier, { } decoder) => new ConnectedLab(
                new LabAddressSet(orchestrator, tokenizer, classifier, decoder), _credentials.Read(arguments)),
            _ => throw new CommandException("give the address of all four services, or of none"),
        };

    /// <summary>The folder of the models of a lab of its own; null for a running lab.</summary>
    public string? ModelsFolder(ParseResult arguments) =>
        arguments.GetValue(_orchestrator) is null ? ModelsRoot.Find(arguments.GetValue(_models), Environment.CurrentDirectory) : null;

    private static Option<Uri?> Address(string service) => new($"--address-{service}")
    {
        Description = $"Address of a running {service}. Default: start a lab of its own.",
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            result.AddError($"--address-{service} takes an http or https URL; got '{result.Tokens[0].Value}'.");
            return null;
        },
    };
}
