using System.CommandLine;
using GenAiLab.Security;
using GenAiLab.Security.ApiKeys;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab keys</c>: the API keys that a service's <c>ApiKeys:File</c> holds. Services notice a change with the next call.</summary>
internal static class KeysCommand
{
    private const int DefaultPerMinute = 600;

    public static Command Create() => new("keys", "API keys: who may call, for what, how often.") { CreateCreate(), CreateList(), CreateRevoke() };

    private static Command CreateCreate()
    {
        var scopes = new Option<string>("--scopes")
        {
            Description = $"What the key may do, separated by commas: {string.Join(", ", ApiScopes.All)}.",
            Required = true,
        };
        scopes.Validators.Add(static result =>
        {
            foreach (var scope in Split(result.GetValueOrDefault<string>()).Where(static scope => !ApiScopes.All.Contains(scope)))
            {
                result.AddError($"there is no scope '{scope}'; there are {string.Join(", ", ApiScopes.All)}.");
            }
        });
        var rate = new Option<int>("--per-minute") { Description = $"Calls a minute, as many at once at most. Default: {DefaultPerMinute}.", DefaultValueFactory = static _ => DefaultPerMinute };
        rate.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > ApiKeyFile.MaximumPerMinute)
            {
                result.AddError($"--per-minute takes a number from 1 to {ApiKeyFile.MaximumPerMinute}.");
            }
        });
        var tenant = new Option<string?>("--tenant") { Description = "Keys of one tenant share cached prompts. Default: a tenant of its own." };
        tenant.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && ApiKeyFile.TenantObstacle(name) is { } obstacle)
            {
                result.AddError($"--tenant {obstacle}.");
            }
        });
        var file = File();
        var command = new Command("create", "Makes a key, prints it this once, and keeps its hash.") { scopes, rate, tenant, file };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                var (text, kept) = ApiKey.Create(
                    Split(arguments.GetRequiredValue(scopes)).ToHashSet(StringComparer.Ordinal), arguments.GetValue(rate), arguments.GetValue(tenant));
                ApiKeyFile.Change(Named(arguments, file), keys => keys.Count < ApiKeyFile.MaximumKeys
                    ? keys.Append(kept)
                    : throw new CommandException($"the file holds {ApiKeyFile.MaximumKeys} keys, which is as many as it can"));
                Console.WriteLine(text);
                Console.Error.WriteLine($"This is the key {kept.Id}; it is shown this once. Callers send it as 'authorization: Bearer KEY', lab as --api-key or GENAILAB_API_KEY.");
                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    private static Command CreateList()
    {
        var file = File();
        var command = new Command("list", "Shows the keys that there are; not the keys themselves, which no one has kept.") { file };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                Console.WriteLine($"{"id",-16} {"a minute",8}  {"tenant",-16} scopes");
                foreach (var key in ApiKeyFile.Read(Named(arguments, file)))
                {
                    Console.WriteLine($"{key.Id,-16} {key.PerMinute,8}  {key.Tenant,-16} {string.Join(",", key.Scopes.Order(StringComparer.Ordinal))}");
                }

                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    private static Command CreateRevoke()
    {
        var id = new Argument<string>("id") { Description = "The key's id, as lab keys list shows it." };
        var file = File();
        var command = new Command("revoke", "Takes a key back: it starts no more calls, and those that run go on to their end.") { id, file };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                var revoked = arguments.GetRequiredValue(id);
                ApiKeyFile.Change(Named(arguments, file), keys => keys.Any(key => key.Id == revoked)
                    ? keys.Where(key => key.Id != revoked)
                    : throw new CommandException($"there is no key '{revoked}' in this file"));
                Console.WriteLine($"{revoked} is revoked.");
                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    private static Option<string> File() => new("--file") { Description = "The file of keys, ApiKeys:File of the services.", HelpName = "FILE", Required = true };

    private static NamedPath Named(ParseResult arguments, Option<string> file) => new("--file", arguments.GetRequiredValue(file));

    private static string[] Split(string? list) => (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
