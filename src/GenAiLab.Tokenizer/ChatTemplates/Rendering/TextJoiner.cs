namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Puts texts together with another between them, within the limits.</summary>
internal sealed class TextJoiner(TextValue separator, RenderBudget budget)
{
    private readonly TextValue.Builder _joined = new();
    private bool _isEmpty = true;

    public void Add(TextValue text)
    {
        var length = text.Text.Length + (_isEmpty ? 0 : separator.Text.Length);
        RenderBudget.LimitLength((long)_joined.Length + length);
        budget.Spend(length);
        _joined.Append(_isEmpty ? TextValue.Empty : separator).Append(text);
        _isEmpty = false;
    }

    public TextValue Build() => _joined.Build();
}
