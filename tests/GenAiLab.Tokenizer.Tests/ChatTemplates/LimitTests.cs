using System.Diagnostics;
using System.Text.RegularExpressions;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>No template and no conversation takes more than the limits allow, or fails otherwise than with a reason.</summary>
public sealed partial class LimitTests
{
    private const int Mutants = 12_000;

    // On a loaded machine; quiet, the longest takes well under a second.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("{{ 'x' * 1000000000 }}", "longer than")]
    [InlineData("{{ [1] * 1000000000 }}", "steps")]
    [InlineData("{{ (1, 2) * 99999999999999999999 }}", "steps")]
    [InlineData("{{ '%999999d' % 1 ~ '%9999999d' % 1 }}", "longer than")]
    [InlineData("{{ '%99999999d' % 1 }}", "too large")]
    [InlineData("{{ '%.5000f' % 1.5 }}", "precision")]
    [InlineData("{{ '{:9999999}'.format(1) }}", "longer than")]
    [InlineData("{{ '{:>99999999}'.format('a') }}", "too large")]
    [InlineData("{{ 'a'.center(1000000000) }}", "longer than")]
    [InlineData("{{ 'a'.zfill(1000000000) }}", "longer than")]
    [InlineData("{{ 'a'|indent(1000000000, true) }}", "longer than")]
    [InlineData("{{ [1]|tojson(indent=1000000000) }}", "longer than")]
    [InlineData("{{ messages|batch(1000000000, 'x')|list }}", "steps")]
    [InlineData("{{ messages|slice(1000000000)|list }}", "steps")]
    [InlineData("{{ range(100001) }}", "a range of more than")]
    [InlineData("{{ range(0, 99999999999999999999) }}", "a range of more than")]
    [InlineData("{{ range(100000)|list }}{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{{ 9 ** 99999999 }}", "bits")]
    [InlineData("{% set ns = namespace(x=7) %}{% for i in range(1000) %}{% set ns.x = ns.x * ns.x %}{% endfor %}", "bits")]
    [InlineData("{{ 10.0 ** 400 }}", "too large")]
    [InlineData("{{ 1.5|round(100000) }}{{ 12|round(-100000) }}", "")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}", "nested more than")]
    [InlineData("{% set ns = namespace(x={}) %}{% for i in range(1000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}", "nested more than")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(1000) %}{% set ns.x = (ns.x, i) %}{% endfor %}", "nested more than")]
    [InlineData("{% set ns = namespace(x='') %}{% for i in range(1000) %}{% set ns.x = [ns.x].count %}{% endfor %}", "nested more than")]
    [InlineData("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "cannot be printed")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "too deeply")]
    [InlineData("{% macro f(a) %}{{ g(a) }}{% endmacro %}{% macro g(a) %}{{ f([a]) }}{% endmacro %}{{ f(1) }}", "too deeply")]
    [InlineData("{% macro f() %}{% call f() %}{% endcall %}{{ caller() }}{% endmacro %}{% call f() %}{% endcall %}", "too deeply")]
    [InlineData("{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}", "too deeply")]
    [InlineData("{% set x = 'ab' * 1000000 %}{{ x.replace('', x) }}", "longer than")]
    [InlineData("{% set x = 'a' * 1000000 %}{{ x.replace('a', 'bbbbb') }}", "longer than")]
    [InlineData("{% set x = 'a' * 2000000 %}{{ x|list|length }}{{ x.split('a')|length }}", "steps")]
    [InlineData("{% set x = 'a' * 2000000 %}{{ ('a' * 1000000 ~ 'b') in x }}", "steps")]
    [InlineData("{% set x = 'a' * 2000000 %}{{ x.count('a' * 999999 ~ 'b') }}", "steps")]
    [InlineData("{{ ('9' * 100000)|int }}{{ ('9' * 100000)|float }}{{ ('a ' * 100000)|wordcount }}", "")]
    [InlineData("{{ strftime_now('%c' * 10000) }}", "time's format")]
    [InlineData("{% set x = range(100000)|list %}{% for i in range(100) %}{% set y = x + x %}{% endfor %}", "steps")]
    [InlineData("{% set x = range(60000)|list %}{{ x|sort|length }}", "steps")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}", "steps")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ ns.x in {} }}", "steps")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ [ns.x]|unique|list }}", "steps")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", "steps")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}", "steps")]
    [InlineData("{% set ns = namespace(x=1, y=1) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}", "steps")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x|select %}{% endfor %}{{ ns.x|list }}", "nested more than")]
    [InlineData("{% set x = 'a' * 2000000 %}{% set d = {x: 1} %}{% for i in range(100000) %}{% set y = d[x] %}{% endfor %}", "steps")]
    [InlineData("{% set x = 'a' * 2000000 %}{% set z = x[:-1] ~ 'b' %}{% for i in range(100000) %}{% set y = x == z %}{% endfor %}", "steps")]
    [InlineData("{% set x = '9' * 4300 %}{% for i in range(100000) %}{% set y = x|int %}{% endfor %}", "steps")]
    [InlineData("{% set x = ('9' * 4300)|int %}{% for i in range(100000) %}{% set y = x|string ~ [x]|tojson %}{% endfor %}", "steps")]
    [InlineData("{% set x = [1] * 50000 %}{% for i in range(100) %}{{ x == x }}{% endfor %}", "steps")]
    public void Whatever_grows_is_stopped(string source, string reason)
    {
        var watch = Stopwatch.StartNew();
        string message = "";
        try
        {
            RenderCase.Parse(source).Render([new ChatTurn("user", "Hi")], [], false, TestContext.Current.CancellationToken);
        }
        catch (TemplateRenderException error)
        {
            message = error.Message;
        }

        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Equal(reason.Length == 0, message.Length == 0);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Longest);
    }

    [Fact]
    public void The_deepest_recursion_that_is_allowed_fits_any_stack()
    {
        // Everything that nests at its deepest: statements, expressions, calls.
        var statements = string.Concat(Enumerable.Repeat("{% if true %}", 60));
        var ends = string.Concat(Enumerable.Repeat("{% endif %}", 60));
        var expression = new string('(', 30) + "f(n + 1) ~ 'x'" + new string(')', 30);
        var source = $"{{% macro f(n) %}}{statements}{{{{ [[[[[[[[[[{expression}]]]]]]]]]] if n < 1000 }}}}{ends}{{% endmacro %}}{{{{ f(0) }}}}";
        var template = RenderCase.Parse(source);
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    template.Render([new ChatTurn("user", "Hi")], [], false, CancellationToken.None);
                }
                catch (TemplateRenderException error)
                {
                    failure = error;
                }
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        Assert.Contains("too deeply", failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_templates_are_refused_or_render_within_the_limits()
    {
        var random = new Random(42);
        string[] sources = [.. TemplateCollection.Own.Values, .. Snippets.All];
        var conversations = new Conversations(seed: 9);
        var (parsed, rendered) = (0, 0);
        for (var number = 0; number < Mutants; number++)
        {
            var source = Mutate(sources[random.Next(sources.Length)], sources, random);
            var watch = Stopwatch.StartNew();
            try
            {
                var template = RenderCase.Parse(source);
                parsed++;
                conversations.Next("mutant").Render(template);
                rendered++;
            }
            catch (Exception error) when (error is TemplateSyntaxException or TemplateRenderException)
            {
                Assert.InRange(error.Message.Length, 1, 300);
            }
            catch (Exception error)
            {
                Assert.Fail($"{error}\n\n{source}");
            }

            Assert.True(watch.Elapsed < Longest, $"{watch.Elapsed}\n{source}");
        }

        Assert.True(parsed > Mutants / 5 && rendered > Mutants / 20, $"{parsed} parsed, {rendered} rendered");
    }

    private static string Mutate(string source, string[] sources, Random random)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            if (random.Next(3) > 0 && Word().Matches(source) is { Count: > 0 } words)
            {
                var word = words[random.Next(words.Count)];
                source = source[..word.Index] + Words[random.Next(Words.Length)] + source[(word.Index + word.Length)..];
                continue;
            }

            var at = random.Next(source.Length + 1);
            var length = random.Next(1, Math.Max(2, Math.Min(20, source.Length - at)));
            var end = Math.Min(source.Length, at + length);
            var other = sources[random.Next(sources.Length)];
            var from = random.Next(other.Length);
            source = random.Next(6) switch
            {
                0 => source[..at] + source[end..],
                1 => source[..end] + source[at..],
                2 => source[..at] + other[from..Math.Min(other.Length, from + random.Next(1, 40))] + source[at..],
                3 => source[..at] + Pieces[random.Next(Pieces.Length)] + source[at..],
                4 => source[..at] + Pieces[random.Next(Pieces.Length)] + source[end..],
                _ => source[..at] + (char)random.Next(1, 0x250) + source[end..],
            };
        }

        return source;
    }

    [GeneratedRegex("[a-z_]+|[0-9]+")]
    private static partial Regex Word();

    private static readonly string[] Words =
    [
        "messages", "tools", "message", "role", "content", "loop", "index", "last", "nextitem", "length", "none", "true", "false", "x", "ns", "0", "1", "7", "99999", "items", "keys", "get", "split", "strip",
        "replace", "join", "format", "upper", "title", "startswith", "find", "count", "center", "tojson", "trim", "indent", "map", "select", "selectattr", "sort", "unique", "first", "reverse", "batch",
        "slice", "dictsort", "int", "float", "round", "abs", "sum", "max", "default", "list", "string", "safe", "e", "defined", "mapping", "iterable", "odd", "sameas", "in", "is", "not", "and", "or", "if",
        "else", "range", "namespace", "dict", "joiner", "cycler", "raise_exception", "strftime_now", "caller", "varargs", "kwargs", "recursive", "break", "continue",
    ];

    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "{{-", "-%}", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "'", "\"", "*", "**", "//", "%", "==", "<", " in ", " is ", " not ", " and ", " or ",
        " if ", " else ", "{% if x %}", "{% endif %}", "{% for m in messages %}", "{% endfor %}", "{% else %}", "{% set x = ", "{% set x %}", "{% endset %}", "{% macro f(a, b=1) %}", "{% endmacro %}",
        "{% break %}", "{% continue %}", "{% raw %}", "{% endraw %}", "{% generation %}", "{% endgeneration %}", "{{ f(f) }}", "{{ loop(messages) }}", "|tojson", "|tojson(indent=3)", "|upper", "|list",
        "|map('upper')", "|join(', ')", "|selectattr('role')", "|sort", "|first", "|int", "|replace('a', 'b')", ".split('a')", ".items()", ".strip()", "[0]", "[-1]", "[::-1]", "[1:]", "messages", "none",
        "true", "1", "0", "99999999999999999999", "1e308", "''", "range(9999)", "namespace(a=1)", "raise_exception('x')", "recursive", "\n", "  ", "\t", "\r\n", "\ud83d\ude42", "é",
    ];
}
