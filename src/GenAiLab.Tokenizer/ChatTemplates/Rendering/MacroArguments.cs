using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Gives a macro's parameters their values.</summary>
internal static class MacroArguments
{
    private const string Caller = "caller", More = "varargs", MoreNamed = "kwargs";

    /// <param name="macro">The macro.</param>
    /// <param name="arguments">Of the call.</param>
    /// <param name="scope">Of the macro's body.</param>
    /// <param name="evaluate">Computes a default, in that scope: it may use the parameters before it.</param>
    /// <exception cref="TemplateRenderException">The macro does not take them.</exception>
    public static void Bind(MacroDeclaration macro, CallArguments arguments, TemplateScope scope, Func<Expression, TemplateValue> evaluate)
    {
        var named = arguments.Named.ToDictionary(static argument => argument.Key, static argument => argument.Value);
        for (var index = 0; index < macro.Parameters.Count; index++)
        {
            var (name, preset) = macro.Parameters[index];
            scope[name] = index < arguments.Positional.Count ? arguments.Positional[index]
                : named.Remove(name, out var given) ? given
                : preset is not null ? evaluate(preset)
                : new UndefinedValue($"parameter '{name}' was not provided");
        }

        if (macro.Mentions.Contains(Caller) && macro.Parameters.All(static parameter => parameter.Name != Caller))
        {
            scope[Caller] = named.Remove(Caller, out var caller) ? caller : new UndefinedValue("no caller is defined");
        }

        if (macro.Mentions.Contains(MoreNamed))
        {
            scope[MoreNamed] = new MapValue(named.Select(static argument => (argument.Key, argument.Value)));
        }
        else if (named.Count > 0)
        {
            throw new TemplateRenderException($"the macro '{macro.Name}' takes no argument '{named.Keys.First()}'");
        }

        if (macro.Mentions.Contains(More))
        {
            scope[More] = new TupleValue([.. arguments.Positional.Skip(macro.Parameters.Count)]);
        }
        else if (arguments.Positional.Count > macro.Parameters.Count)
        {
            throw new TemplateRenderException($"the macro '{macro.Name}' takes at most {macro.Parameters.Count} arguments");
        }
    }
}
