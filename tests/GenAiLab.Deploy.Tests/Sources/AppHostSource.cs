using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>A resource of the AppHost: what the calls that are chained on it say, as they stand in the source.</summary>
/// <param name="Name">Its name; of an interpolated one the fixed beginning.</param>
/// <param name="Project">The project, such as GenAiLab_Decoder; null for what is none.</param>
/// <param name="Calls">Method names and their arguments' source.</param>
internal sealed record AppHostResource(string Name, string? Project, IReadOnlyList<(string Method, IReadOnlyList<string> Arguments)> Calls)
{
    public IEnumerable<IReadOnlyList<string>> Of(string method) => Calls.Where(call => call.Method == method).Select(static call => call.Arguments);

    /// <summary>The variables that are set by name.</summary>
    public IEnumerable<string> Variables => Of("WithEnvironment").Select(static arguments => Literal(arguments[0]));

    public static string Literal(string argument) => argument.TrimStart('$').Trim('"');
}

/// <summary>
/// The AppHost's source. It cannot be compiled without Aspire's packages; names, variables, endpoints and who waits
/// for whom can be read from it nevertheless.
/// </summary>
internal sealed class AppHostSource
{
    private readonly Dictionary<string, string> _variables = [];

    private AppHostSource(IReadOnlyList<AppHostResource> resources) => Resources = resources;

    public IReadOnlyList<AppHostResource> Resources { get; }

    public static AppHostSource Parse(string text)
    {
        var root = CSharpSyntaxTree.ParseText(text).GetCompilationUnitRoot();
        Assert.DoesNotContain(root.GetDiagnostics(), static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        var resources = new List<AppHostResource>();
        var byVariable = new Dictionary<string, AppHostResource>();
        foreach (var chain in root.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(static call => call.Parent is not MemberAccessExpressionSyntax))
        {
            var (start, calls) = Unchain(chain);
            if (start == "builder" && calls.FirstOrDefault(static call => call.Method.StartsWith("Add", StringComparison.Ordinal)) is { Method: not null } add)
            {
                var resource = new AppHostResource(AppHostResource.Literal(add.Arguments[0]).Split('{')[0], add.Type, [.. calls.Select(static call => (call.Method, call.Arguments))]);
                resources.Add(resource);
                if (chain.Parent is EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax variable })
                {
                    byVariable[variable.Identifier.Text] = resource;
                }
            }
            else if (byVariable.TryGetValue(start, out var known))
            {
                // What is said of a resource later: orchestrator.WithEnvironment(…).
                var more = known with { Calls = [.. known.Calls, .. calls.Select(static call => (call.Method, call.Arguments))] };
                resources[resources.IndexOf(known)] = more;
                byVariable[start] = more;
            }
        }

        var source = new AppHostSource(resources);
        foreach (var (variable, resource) in byVariable)
        {
            source._variables[variable] = resource.Name;
        }

        return source;
    }

    /// <summary>The names of the services whose endpoint "grpc" is given to this one, or whose start it waits for.</summary>
    public IReadOnlySet<string> Named(AppHostResource resource, string method, string pattern) =>
        resource.Of(method).Select(static arguments => arguments[^1]).Where(argument => argument.EndsWith(pattern, StringComparison.Ordinal))
            .Select(argument => _variables[argument[..^pattern.Length]]).ToHashSet();

    private static (string Start, List<(string Method, string? Type, IReadOnlyList<string> Arguments)> Calls) Unchain(ExpressionSyntax expression)
    {
        var calls = new List<(string, string?, IReadOnlyList<string>)>();
        while (expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } call)
        {
            var type = (member.Name as GenericNameSyntax)?.TypeArgumentList.Arguments[0] is QualifiedNameSyntax name ? name.Right.Identifier.Text : null;
            calls.Insert(0, (member.Name.Identifier.Text, type, [.. call.ArgumentList.Arguments.Select(static argument => argument.ToString())]));
            expression = member.Expression;
        }

        return (expression.ToString(), calls);
    }
}
