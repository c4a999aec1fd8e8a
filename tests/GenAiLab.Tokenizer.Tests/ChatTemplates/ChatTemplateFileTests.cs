using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Which of a folder's templates is used, and what its configuration gives to it.</summary>
public sealed class ChatTemplateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-template-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Of_several_templates_by_name_the_one_for_tools_is_taken_where_there_are_tools()
    {
        Configure("""{"chat_template": [{"name": "rag", "template": "{% include %}"}, {"name": "tool_use", "template": "tools:{{ messages[0].content }}{{ tools|length }}"}, {"name": "default", "template": "plain:{{ messages[0].content }}"}]}""");
        var template = ChatTemplateFile.Read(_folder.FullName)!;
        Assert.True(template.UsesTools);
        Assert.Equal("plain:x", Render(template));
        Assert.Equal("tools:x1", Render(template, new ChatTool("f", "", JsonElement.Parse("{}"))));
    }

    [Fact]
    public void Files_take_the_place_of_all_that_the_configuration_has()
    {
        Configure("""{"eos_token": "</s>", "chat_template": [{"name": "tool_use", "template": "configured"}, {"name": "default", "template": "configured"}]}""");
        Write("chat_template.jinja", "file{{ eos_token }}\n");
        Assert.Equal("file</s>", Render(ChatTemplateFile.Read(_folder.FullName)!, new ChatTool("f", "", JsonElement.Parse("{}"))));

        Write("additional_chat_templates/tool_use.jinja", "{{ tools|length }} tools{{ eos_token }}");
        Write("additional_chat_templates/rag.jinja", "{% include %}");
        var template = ChatTemplateFile.Read(_folder.FullName)!;
        Assert.Equal("file</s>", Render(template));
        Assert.Equal("1 tools</s>", Render(template, new ChatTool("f", "", JsonElement.Parse("{}"))));
    }

    [Fact]
    public void Special_tokens_have_their_names_and_the_others_are_undefined()
    {
        Configure("""
            {"bos_token": {"content": "<s>", "special": true}, "eos_token": "</s>", "unk_token": null, "pad_token": "<pad>", "additional_special_tokens": ["<a>", {"content": "<b>"}], "extra_special_tokens": {"image_token": "<image>"},
             "chat_template": "{{ bos_token }}{{ eos_token }}{{ unk_token is defined }}{{ pad_token }}{{ sep_token is defined }}{{ additional_special_tokens }}{{ image_token }}{{ enable_thinking is defined }}"}
            """);
        Assert.Equal("<s></s>False<pad>False['<a>', '<b>']<image>False", Render(ChatTemplateFile.Read(_folder.FullName)!));
    }

    [Fact]
    public void A_folder_without_a_template_has_none()
    {
        Assert.Null(ChatTemplateFile.Read(_folder.FullName));
        Configure("""{"chat_template": null}""");
        Assert.Null(ChatTemplateFile.Read(_folder.FullName));
    }

    [Theory]
    [InlineData("""{"chat_template": [{"name": "other", "template": "x"}]}""", "tokenizer_config.json", "none of its chat_templates is called default")]
    [InlineData("""{"chat_template": []}""", "tokenizer_config.json", "none of its chat_templates is called default")]
    [InlineData("""{"chat_template": 5}""", "tokenizer_config.json", "is no text")]
    [InlineData("""{"chat_template": [5]}""", "tokenizer_config.json", "cannot be read")]
    [InlineData("""{"chat_template": [{"name": "default", "template": 5}]}""", "tokenizer_config.json", "cannot be read")]
    [InlineData("""{"chat_template": "\ud800"}""", "tokenizer_config.json", "cannot be read")]
    [InlineData("""{"chat_template": "x", "eos_token": 5}""", "tokenizer_config.json", "its eos_token is no token")]
    [InlineData("""{"chat_template": "\n{% include 'x' %}"}""", "tokenizer_config.json", "line 2: the statement 'include' is not supported")]
    [InlineData("[]", "tokenizer_config.json", "not a JSON object")]
    [InlineData("{", "tokenizer_config.json", "not valid JSON")]
    public void What_cannot_be_used_is_refused_with_the_file_and_the_reason(string configuration, string file, string reason)
    {
        Configure(configuration);
        var error = Assert.Throws<ModelFolderException>(() => ChatTemplateFile.Read(_folder.FullName));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_template_for_tools_is_refused_with_its_file()
    {
        Write("chat_template.jinja", "x");
        Write("additional_chat_templates/tool_use.jinja", "{{ x");
        var error = Assert.Throws<ModelFolderException>(() => ChatTemplateFile.Read(_folder.FullName));
        Assert.Contains("tool_use.jinja", error.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder.FullName, "chat_template.jinja"));
        Write("additional_chat_templates/tool_use.jinja", "x");
        Assert.Contains("called default", Assert.Throws<ModelFolderException>(() => ChatTemplateFile.Read(_folder.FullName)).Message, StringComparison.Ordinal);
    }

    private void Configure(string json) => Write("tokenizer_config.json", json);

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static string Render(ChatTemplate template, params ChatTool[] tools) =>
        template.Render([new ChatTurn("user", "x")], tools, false, TestContext.Current.CancellationToken).Text;
}
