using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Decoders;

/// <summary>No decoder at all: a space between any two tokens.</summary>
internal sealed class SpaceStep : DecoderStep
{
    public override DecoderState Open(bool stream, bool joined) => new MapState(static (token, index) => index == 0 ? token : " " + token);

    public override string Spell(string token, bool joined) => " " + token;
}

/// <summary>Marks to spaces; those of the first token go.</summary>
internal sealed class MetaspaceStep(int replacement, bool dropFirst) : DecoderStep
{
    private readonly string _mark = char.ConvertFromUtf32(replacement);

    public override DecoderState Open(bool stream, bool joined) =>
        joined ? new MapState((token, _) => Replace(token, first: true)) : new MapState((token, index) => Replace(token, index == 0));

    public override string Spell(string token, bool joined) => Replace(token, first: false);

    private string Replace(string token, bool first) => token.Replace(_mark, first && dropFirst ? "" : " ", StringComparison.Ordinal);
}

/// <summary>BERT's: a space in front of each token but the first and those that continue a word; with or without cleaning up.</summary>
internal sealed class WordPieceStep(string prefix, bool cleanup) : DecoderStep
{
    public override DecoderState Open(bool stream, bool joined) => joined ? new WholeState(new MapState(Join)) : new MapState(Join);

    public override string Spell(string token, bool joined) => Join(token, 1);

    /// <summary>English without the spaces that cutting put there: the reference's list, in its order.</summary>
    public static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);

    private string Join(string token, int index)
    {
        var joined = index == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        return cleanup ? CleanUp(joined) : joined;
    }
}

/// <summary>A suffix that ends words to spaces; none at the end.</summary>
internal sealed class SuffixStep(string suffix) : DecoderStep
{
    public override DecoderState Open(bool stream, bool joined) => joined ? new WholeState(new State(suffix)) : new State(suffix);

    public override string Spell(string token, bool joined) => Replace(token, suffix, " ");

    private static string Replace(string token, string suffix, string by) => suffix.Length == 0 ? token : token.Replace(suffix, by, StringComparison.Ordinal);

    // What stands in front of a suffix is certain at once; the space only when another token comes.
    private sealed class State(string suffix) : DecoderState
    {
        private string? _open;

        public override void Push(string token, List<string> output)
        {
            if (_open is not null)
            {
                output.Add(Replace(_open, suffix, " "));
            }

            var found = suffix.Length == 0 ? -1 : token.IndexOf(suffix, StringComparison.Ordinal);
            output.Add(found < 0 ? token : token[..found]);
            _open = found < 0 ? null : token[found..];
        }

        public override void Finish(List<string> output)
        {
            if (_open is not null)
            {
                output.Add(Replace(_open, suffix, ""));
                _open = null;
            }
        }
    }
}

/// <summary>Speech recognition's: a token that repeats counts once, padding goes, the delimiter is a space.</summary>
internal sealed class CtcStep(string padding, string delimiter, bool cleanup) : DecoderStep
{
    public override DecoderState Open(bool stream, bool joined) => joined ? new WholeState(new State(this)) : new State(this);

    public override string Spell(string token, bool joined)
    {
        var text = padding.Length == 0 ? token : token.Replace(padding, "", StringComparison.Ordinal);
        return !cleanup ? text : delimiter.Length == 0 ? WordPieceStep.CleanUp(text) : WordPieceStep.CleanUp(text).Replace(delimiter, " ", StringComparison.Ordinal);
    }

    private sealed class State(CtcStep step) : DecoderState
    {
        private string? _last;

        public override void Push(string token, List<string> output)
        {
            if (token != _last && step.Spell(token, joined: false) is { Length: > 0 } text)
            {
                output.Add(text);
            }

            _last = token;
        }
    }
}

/// <summary>All tokens to one.</summary>
internal sealed class FuseStep : DecoderStep
{
    public override bool Joins => true;

    public override DecoderState Open(bool stream, bool joined) => stream ? new MapState(static (token, _) => token) : new WholeState(new MapState(static (token, _) => token));
}
