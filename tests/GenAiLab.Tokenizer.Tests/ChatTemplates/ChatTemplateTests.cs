using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>The expected texts are those of Jinja2 with trim_blocks and lstrip_blocks, as chat templates are rendered.</summary>
public sealed class ChatTemplateTests
{
    private const string ChatMl =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    [Theory]
    [InlineData(ChatMl, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n you <|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("{{ bos_token }}{{ eos_token }}\n", "<s></s>")]
    [InlineData("a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  b\nc")]
    [InlineData("a \n {%- if true -%} \n b \n {%- endif %} c", "ab c")]
    [InlineData("x {{- ' y ' -}}\n z", "x y z")]
    [InlineData("{# a comment #}\n{#- another -#} x", "x")]
    [InlineData("{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }};{% endfor %}", "10TrueFalse;21FalseTrue;")]
    [InlineData("{% if messages[0]['role'] == 'system' %}s{% elif messages[0].role == 'user' %}u{% else %}e{% endif %}", "u")]
    [InlineData("{{ messages[-1]['content'] | trim }}|{{ messages[1:]|length }}|{{ messages[:1]|length }}|{{ messages[5] }}", "you|1|1|")]
    [InlineData("{{ 'Hi' | upper ~ 'Hi'|lower ~ ('é🙂'|length) ~ none ~ true }}", "HIhi2NoneTrue")]
    [InlineData("{{ messages[0].name | default('nobody') }}{{ '' | default('empty', true) }}{{ '' | default('no') }}", "nobodyempty")]
    [InlineData("{% set x = 'a' %}{% for m in messages %}{% set x = x + 'b' %}{{ x }}{% endfor %}{{ x }}", "ababa")]
    [InlineData("{{ messages[0] | tojson }}{{ (messages | length) | tojson }}{{ none | tojson }}{{ true | tojson }}", "{\"role\": \"user\", \"content\": \"Hi\"}2nulltrue")]
    [InlineData("{{ 'é\n\"\\\\' | tojson }}{{ messages[0].role is string }}{{ messages[0] is mapping }}{{ messages is not string }}", "\"é\\n\\\"\\\\\"TrueTrueTrue")]
    [InlineData("{% if messages[0].tools is defined %}1{% endif %}{% if messages[0].role is not none and not false %}2{% endif %}", "2")]
    [InlineData("{{ 'i' in messages[0].content }}{{ 'role' in messages[0] }}{{ 'x' not in 'abc' }}{{ 1 < 2 }}{{ 'b' >= 'a' }}", "TrueTrueTrueTrueTrue")]
    [InlineData("{{ '' or 'else' }}{{ 'a' and 'b' }}{{ 1 + 2 - 5 }}", "elseb-2")]
    [InlineData("{{ 'ab🙂d'[2] }}{{ 'ab🙂d'[-1] }}{{ 'ab🙂d'[1:3] }}{{ 'it\\'s\\n' }}", "🙂db🙂it's\n")]
    public void A_template_is_rendered(string template, string expected) => Assert.Equal(expected, Render(template).Text);

    [Theory]
    [InlineData("{% include 'x' %}", "the statement 'include'")]
    [InlineData("{% import 'x' as y %}", "the statement 'import'")]
    [InlineData("{% extends 'x' %}", "the statement 'extends'")]
    [InlineData("{% block x %}{% endblock %}", "the statement 'block'")]
    [InlineData("{% do x.append(1) %}", "the statement 'do'")]
    [InlineData("{% autoescape true %}{% endautoescape %}", "the statement 'autoescape'")]
    [InlineData("{{ 'x' | urlize }}", "the filter 'urlize'")]
    [InlineData("{{ 'x' | xmlattr }}", "the filter 'xmlattr'")]
    [InlineData("{{ messages | random }}", "the filter 'random'")]
    [InlineData("{{ 'x' | trim('a', 'b') }}", "the filter 'trim' with 2 arguments")]
    [InlineData("{{ 'x' | default(other='a') }}", "the filter 'default' with the argument 'other'")]
    [InlineData("{{ messages | map('pprint') }}", "the filter 'pprint'")]
    [InlineData("{{ messages | selectattr('role', 'filter') }}", "the test 'filter'")]
    [InlineData("{{ 'x' is filter }}", "the test 'filter'")]
    [InlineData("{{ messages is mapping(1) }}", "the test 'mapping' with 1 arguments")]
    [InlineData("{{ messages[0].content.encode('utf-8') }}", "the method 'encode'")]
    [InlineData("{{ lipsum() }}", "'lipsum'")]
    [InlineData("{{ self.x }}", "'self'")]
    [InlineData("{{ 5 & 2 }}", "'&'")]
    [InlineData("{{ '\\N{BULLET}' }}", "the escape '\\N'")]
    public void What_is_left_out_of_Jinja_is_refused_by_its_name(string template, string name)
    {
        var error = Assert.Throws<TemplateSyntaxException>(() => Parse("\n" + template));
        Assert.StartsWith("line 2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains("is not supported", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ 'x' ", "'}}' is missing")]
    [InlineData("{{ 'x }}", "no end")]
    [InlineData("{# x", "no end")]
    [InlineData("{% if true %}", "'endif' is missing")]
    [InlineData("{% for m in messages %}{% endif %}", "'endif'")]
    [InlineData("{% endif %}", "ends nothing")]
    [InlineData("{{ }}", "a value")]
    [InlineData("{% break %}", "outside of a loop")]
    public void A_damaged_template_is_refused(string template, string reason) =>
        Assert.Contains(reason, Assert.Throws<TemplateSyntaxException>(() => Parse(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_and_length_of_a_template_are_bounded()
    {
        foreach (var template in new[]
        {
            "{{ " + new string('(', 20_000) + "1" + new string(')', 20_000) + " }}",
            "{{ messages" + string.Concat(Enumerable.Repeat(".x", 20_000)) + " }}",
            "{{ 1" + string.Concat(Enumerable.Repeat("+1", 20_000)) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 10_000)) + "1 }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 4_000)),
            new string('x', ChatTemplate.MaximumSource + 1),
        })
        {
            Assert.Throws<TemplateSyntaxException>(() => Parse(template));
        }
    }

    [Fact]
    public void Time_and_memory_of_a_rendering_are_bounded()
    {
        var turns = Enumerable.Repeat(new ChatTurn("user", new string('x', 4000)), 256).ToArray();
        var nested = string.Concat(Enumerable.Range(0, 4).Select(static level => $"{{% for a{level} in messages %}}")) + string.Concat(Enumerable.Repeat("{% endfor %}", 4));
        Assert.Contains("steps", Fails(nested, turns), StringComparison.Ordinal);
        var doubling = "{% set x = messages[0].content %}" + string.Concat(Enumerable.Repeat("{% set x = x + x %}", 40));
        Assert.Contains("bytes", Fails(doubling, turns), StringComparison.Ordinal);
        var output = "{% for a in messages %}{% for b in messages %}{{ b.content }}{% endfor %}{% endfor %}";
        Assert.Contains("bytes", Fails(output, turns), StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Parse(nested).Render(turns, [], false, cancelled.Token));
    }

    [Theory]
    [InlineData("{{ raise_exception('no ' + messages[0].role) }}", "no user")]
    [InlineData("{{ raise_exception('a\n\u001b[2J') }}", "a  [2J")]
    [InlineData("{{ messages[7].content }}", "line 1: a list has no such item")]
    [InlineData("{{ 'a' + 1 }}", "'+' does not take a text and an integer")]
    [InlineData("{{ messages | map('upper') }}", "a generator cannot be printed")]
    [InlineData("{{ 1 }}\n{% if true %}\n{{ messages[0].nothing.more }}{% endif %}", "line 3: a mapping has no member 'nothing'")]
    [InlineData("{{ nobody.name }}", "'nobody' is undefined")]
    [InlineData("{{ messages.append(1) }}", "would change it")]
    [InlineData("{% macro m() %}\n{{ 1 / 0 }}{% endmacro %}\n\n{{ m() }}", "line 2: a division by zero")]
    public void What_the_template_cannot_render_is_said(string template, string reason) =>
        Assert.Contains(reason, Fails(template, [new ChatTurn("user", "Hi")]), StringComparison.Ordinal);

    [Theory]
    [InlineData("<{{ messages[0].content }}>", "<~Hi~>")]
    [InlineData("{{ '<' ~ messages[0].content|trim|upper + '>' }}", "<~HI~>")]
    [InlineData("{% set x = '<' + messages[0].content + '>' %}{{ x[1:] }}{{ x[:2] }}{{ x[-1] }}", "~Hi~><~H~>")]
    [InlineData("{{ messages[0].content | tojson }}", "\"~Hi~\"")]
    [InlineData("{{ messages[0].content }}{{ messages[1].content|trim }}", "~Hiyou~")]
    [InlineData("{{ '<|' + messages[0].role + '|>' }}{{ messages[0].content | default('x') }}", "<|user|>~Hi~")]
    public void Every_character_keeps_its_origin(string template, string marked)
    {
        var text = Render(template);
        var at = 0;
        var shown = "";
        foreach (var run in text.Runs)
        {
            var part = text.Text.Substring(at, run.Length);
            shown += run.Trusted ? part : $"~{part}~";
            at += run.Length;
        }

        Assert.Equal(marked, shown);
        Assert.Equal(text.Text.Length, at);
    }

    [Fact]
    public void A_role_of_the_callers_own_is_text_too()
    {
        var text = Parse("{{ '<|' + messages[0].role + '|>' }}").Render([new ChatTurn("endoftext", "")], [], false, TestContext.Current.CancellationToken);
        Assert.Equal([new TextRun(2, true), new TextRun(9, false), new TextRun(2, true)], text.Runs);
    }

    private static ChatTemplate Parse(string source) => RenderCase.Parse(source);

    private static string Fails(string template, ChatTurn[] turns) =>
        Assert.Throws<TemplateRenderException>(() => Parse(template).Render(turns, [], false, TestContext.Current.CancellationToken)).Message;

    private static TextValue Render(string template) => Parse(template)
        .Render([new ChatTurn("user", "Hi"), new ChatTurn("assistant", " you ")], [], addGenerationPrompt: true, TestContext.Current.CancellationToken);
}
