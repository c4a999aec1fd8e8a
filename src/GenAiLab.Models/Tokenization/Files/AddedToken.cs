using System.Text;
using System.Text.Json;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Normalizers;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>A token beside the model's own, found in a text before it is cut.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is spelled.</param>
/// <param name="SingleWord">Found only where no word character touches it.</param>
/// <param name="LeftStrip">Takes white space in front with it.</param>
/// <param name="RightStrip">Takes white space behind with it.</param>
/// <param name="IsNormalized">Found, in its normal form, in the normalized text; else as it is spelled, in the raw one.</param>
/// <param name="IsControl">Steers a model; false for one that is part of a text.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool IsNormalized, bool IsControl)
{
    /// <summary>
    /// Whether it is read in text from anyone. A control token never is; nor is a mark like &lt;tool_call&gt; or
    /// &lt;｜User｜&gt;, which files call ordinary although it steers the model as well: what stands in brackets is one.
    /// </summary>
    public bool IsPlain => !IsControl && !(Content[0] is '<' or '[' or '{' or '|' or '｜' && Content[^1] is '>' or ']' or '}' or '|' or '｜');

    /// <summary>Reads the added_tokens of a tokenizer.json, and checks their ids as the reference gives them out.</summary>
    public static IReadOnlyList<AddedToken> Read(JsonElement root, WordModel model)
    {
        if (!root.TryGetProperty("added_tokens", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > TokenizerFile.MaximumEntries)
        {
            throw TokenizerComponent.Refused($"the added tokens are no list, or more than {TokenizerFile.MaximumEntries:N0}");
        }

        var tokens = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach (var element in list.EnumerateArray())
        {
            var token = Read(new TokenizerComponent(element, "added token"));
            if (model.Find(token.Content) is { } known ? known != token.Id : token.Id < model.Entries.Count && model.Entries[token.Id] is not null)
            {
                throw TokenizerComponent.Refused($"added token {token.Id} has the id of another, or another id than its entry in the vocabulary");
            }

            if (!tokens.TryAdd(token.Content, token) || !ids.Add(token.Id))
            {
                throw TokenizerComponent.Refused($"added token {token.Id} is there twice");
            }
        }

        return [.. tokens.Values];
    }

    private static AddedToken Read(TokenizerComponent component)
    {
        var content = component.Text("content");
        var id = component.Number("id");
        var control = component.Flag("special", otherwise: false);
        if (content.Length == 0 || id >= TokenizerFile.MaximumEntries)
        {
            throw TokenizerComponent.Refused("an added token has no content or an id out of range");
        }

        var token = new AddedToken(
            id, content, component.Flag("single_word", otherwise: false), component.Flag("lstrip", otherwise: false), component.Flag("rstrip", otherwise: false),
            component.Flag("normalized", otherwise: !control), control);
        component.Done();
        return token;
    }
}
