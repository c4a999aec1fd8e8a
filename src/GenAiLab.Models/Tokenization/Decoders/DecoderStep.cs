namespace GenAiLab.Models.Tokenization.Decoders;

/// <summary>One step from tokens to text. Immutable; what a text needs while it is decoded is in a <see cref="DecoderState"/>.</summary>
internal abstract class DecoderStep
{
    /// <summary>Whether all tokens are one behind it.</summary>
    public virtual bool Joins => false;

    /// <summary>How many times as long it makes a text at most, apart from a few characters.</summary>
    public virtual int Growth => 1;

    /// <summary>Begins a text.</summary>
    /// <param name="stream">
    /// Gives out what is certain as soon as it is; else everything may come at the end, and is what the reference gives.
    /// </param>
    /// <param name="joined">What comes in is one token in parts.</param>
    public abstract DecoderState Open(bool stream, bool joined);

    /// <summary>A token within a text, not its first or last, as it is behind this step.</summary>
    public virtual string Spell(string token, bool joined) => token;
}

/// <summary>A step on its way through one text.</summary>
internal abstract class DecoderState
{
    /// <summary>Takes a token, or a part of the one, and adds what comes of it.</summary>
    public abstract void Push(string token, List<string> output);

    /// <summary>Adds what was kept back; called once.</summary>
    public virtual void Finish(List<string> output)
    {
    }
}

/// <summary>Each token by itself.</summary>
internal sealed class MapState(Func<string, int, string> map) : DecoderState
{
    private int _index;

    public override void Push(string token, List<string> output) => output.Add(map(token, _index++));
}

/// <summary>The parts of the one token, kept until it is whole, and then a state for whole tokens.</summary>
internal sealed class WholeState(DecoderState inner) : DecoderState
{
    private readonly System.Text.StringBuilder _whole = new();

    public override void Push(string token, List<string> output) => _whole.Append(token);

    public override void Finish(List<string> output)
    {
        inner.Push(_whole.ToString(), output);
        inner.Finish(output);
    }
}
