using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab up</c>: starts the five services and the web console, prints their addresses, runs until Ctrl+C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var topology = new Option<string>("--topology")
        {
            Description = "processes: one process per service, on loopback. inproc: all in one process, with direct calls.",
            DefaultValueFactory = static _ => "processes",
        };
        topology.AcceptOnlyFromAmong("processes", "inproc");
        var port = new Option<int>("--port")
        {
            Description = "The orchestrator's gRPC port; the others follow it, HTTP/1.1 health is 100 higher, the web console 200. 0: free ports.",
            DefaultValueFactory = static _ => ServicePorts.DefaultBase,
        };
        port.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65_300)
            {
                result.AddError("--port takes a number from 0 to 65300.");
            }
        });
        var models = new Option<string?>("--models")
        {
            Description = "The folder of model folders. Default: the nearest folder called models.",
            HelpName = "FOLDER",
        };
        var preferences = new Option<string?>("--preferences")
        {
            Description = "Where preferences are kept: a SQLite file's path, or a connection string of PostgreSQL. Default: a file in your data folder.",
            HelpName = "CONNECTION",
        };
        var decoders = new Option<int>("--decoders")
        {
            Description = $"How many decoders, 1 to {ServicePorts.MaximumDecoders}, among which streams are spread and go on when one of them ends. Not with inproc.",
            DefaultValueFactory = static _ => 1,
        };
        var withoutConsole = new Option<bool>("--no-console") { Description = "Starts the services alone, without the web console." };
        var open = new Option<bool>("--public")
        {
            Description = $"Lets other machines reach the web console, and it alone; it then wants a token: that of {PublicConsole.Variable}, or one that is made and printed.",
        };
        var token = new Option<string?>("--public-token-file") { Description = "With --public: a file with nothing but the token.", HelpName = "FILE" };
        var verbose = new Option<bool>("--verbose") { Description = "Shows the services' information logs too." };
        var tls = new Option<string?>("--tls") { Description = "A folder of lab certs: the services and their callers speak TLS and show certificates.", HelpName = "FOLDER" };
        var keys = new Option<string?>("--api-keys")
        {
            Description = "A file of lab keys: the services that users call want a key; with --tls or inproc, all do.",
            HelpName = "FILE",
        };
        var command = new Command("up", "Starts the lab, prints the addresses, runs until Ctrl+C.")
        {
            topology, port, decoders, models, preferences, tls, keys, withoutConsole, open, token, verbose,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                if (arguments.GetValue(decoders) is < 1 or > ServicePorts.MaximumDecoders || (arguments.GetValue(decoders) > 1 && arguments.GetValue(topology) == "inproc"))
                {
                    throw new CommandException($"--decoders takes a number from 1 to {ServicePorts.MaximumDecoders}; with --topology inproc there is one");
                }

                if (arguments.GetValue(open) ? arguments.GetValue(withoutConsole) : arguments.GetValue(token) is not null)
                {
                    throw new CommandException("--public opens the web console: not with --no-console; --public-token-file needs --public");
                }

                var ports = ServicePorts.Choose(arguments.GetValue(port), secure: arguments.GetValue(tls) is not null, arguments.GetValue(decoders));
                var settings = new LabSettings(ports, arguments.GetValue(models), arguments.GetValue(verbose))
                {
                    Preferences = arguments.GetValue(preferences),
                    Tls = arguments.GetValue(tls),
                    ApiKeys = arguments.GetValue(keys),
                    Public = arguments.GetValue(open) ? await PublicConsole.ChooseAsync(arguments.GetValue(token), cancelled) : null,
                };
                await using ILabTopology lab = arguments.GetValue(topology) == "inproc"
                    ? new InProcessTopology(settings)
                    : new ProcessTopology(settings);
                await RunAsync(lab, settings, arguments.GetValue(withoutConsole), cancelled);
            },
            cancellation));
        return command;
    }

    private static async Task RunAsync(ILabTopology lab, LabSettings settings, bool withoutConsole, CancellationToken cancellation)
    {
        var ports = settings.Ports;
        RequireDefaultModel(settings);
        var started = System.Diagnostics.Stopwatch.StartNew();
        await lab.StartAsync(cancellation);
        await using var console = withoutConsole ? null : await ConsoleProcess.StartAsync(settings, cancellation);
        Console.WriteLine($"GenAiLab is up after {started.Elapsed.TotalSeconds:0.0} s ({lab.Name}).");
        Console.WriteLine();
        foreach (var service in ports.Processes)
        {
            Console.WriteLine($"  {service,-13} gRPC {ports.GrpcAddress(service)}   health {ports.HttpAddress(service)}/health");
        }

        Console.WriteLine();
        Console.WriteLine($"  OpenAI clients: {ports.OpenAiAddress}");
        foreach (var line in console is null ? [] : settings.Public?.Lines(ports.Console) ?? [$"  Web console:    {ports.ConsoleAddress}"])
        {
            Console.WriteLine(line);
        }

        if (console is not null && settings.ApiKeys is not null && Environment.GetEnvironmentVariable("GENAILAB_API_KEY") is not { Length: > 0 })
        {
            Console.WriteLine("                  (set GENAILAB_API_KEY for it to be let in)");
        }

        Console.WriteLine();
        Console.WriteLine($"Try: lab generate \"The capital of France is\" --max-tokens 2 --temperature 0 --address {ports.GrpcAddress("orchestrator")}{Credentials(settings)}");
        Console.WriteLine("Ctrl+C ends it.");
        var told = TellConsoleEndAsync(console, cancellation);
        try
        {
            await lab.WaitForFailureAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The ordinary end.
        }

        await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The services go on without it.
    private static async Task TellConsoleEndAsync(ConsoleProcess? console, CancellationToken cancellation)
    {
        if (console is not null)
        {
            var code = await console.WaitForExitAsync(cancellation);
            await Console.Error.WriteLineAsync($"lab: the web console ended with exit code {code}; the services go on");
        }
    }

    // Without it the services would wait for it, as they do where folders are still being copied.
    private static void RequireDefaultModel(LabSettings settings)
    {
        var root = ModelsRoot.Find(settings.ModelsRoot ?? Environment.GetEnvironmentVariable("Models__Root"), Environment.CurrentDirectory);
        var name = Environment.GetEnvironmentVariable("Models__Default") is { Length: > 0 } configured ? configured : "lab-base";
        if (!Directory.Exists(Path.Combine(root, name)))
        {
            throw new CommandException($"the folder of models has no '{name}', which is the default model; the environment variable Models__Default names another");
        }
    }

    private static string Credentials(LabSettings settings)
    {
        var files = settings.Credentials is { } credentials ? $" --ca {credentials.Authority} --cert {credentials.Certificate} --key {credentials.Key}" : "";
        return settings.ApiKeys is null ? files : $"{files} --api-key KEY";
    }
}
