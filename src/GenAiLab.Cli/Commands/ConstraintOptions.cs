using System.CommandLine;
using System.Text;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say what a text must look like.</summary>
internal sealed class ConstraintOptions
{
    private const int MaximumSchemaBytes = 64 * 1024;

    private readonly Option<FileInfo?> _schema = new("--json-schema")
    {
        Description = "A file with a JSON Schema: the text is JSON that satisfies it. See docs/constraints.md.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _regex = new("--regex") { Description = "The whole text matches this regular expression." };

    private readonly Option<string[]> _choices = new("--choice") { Description = "The text is one of the choices given; may be given up to 1,024 times." };

    private readonly Option<bool> _object = new("--json") { Description = "The text is a JSON object." };

    public void AddTo(Command command)
    {
        command.Options.Add(_schema);
        command.Options.Add(_regex);
        command.Options.Add(_choices);
        command.Options.Add(_object);
    }

    /// <exception cref="CommandException">More than one is given, or the file cannot be a schema.</exception>
    public void Apply(ParseResult arguments, GenerateRequest request)
    {
        var constraints = new List<Constraint>();
        if (arguments.GetValue(_schema) is { } file)
        {
            constraints.Add(new Constraint { JsonSchema = Read(file) });
        }

        if (arguments.GetValue(_regex) is { } regex)
        {
            constraints.Add(new Constraint { Regex = regex });
        }

        if (arguments.GetValue(_choices) is { Length: > 0 } texts)
        {
            constraints.Add(new Constraint { Choices = new Choices { Texts = { texts } } });
        }

        if (arguments.GetValue(_object))
        {
            constraints.Add(new Constraint { JsonObject = new JsonObject() });
        }

        if (constraints.Count > 1)
        {
            throw new CommandException("--json-schema, --regex, --choice and --json contradict each other");
        }

        if (constraints.Count == 1)
        {
            // Runs in step mode and in no other: only the orchestrator knows what a token means.
            request.Constraint = constraints[0];
            request.Mode = LoopMode.Unspecified;
        }
    }

    private static string Read(FileInfo file)
    {
        if (!file.Exists)
        {
            throw new CommandException($"there is no file '{file}'");
        }

        return file.Length <= MaximumSchemaBytes
            ? File.ReadAllText(file.FullName, Encoding.UTF8)
            : throw new CommandException($"'{file}' has more than {MaximumSchemaBytes:N0} bytes");
    }
}
