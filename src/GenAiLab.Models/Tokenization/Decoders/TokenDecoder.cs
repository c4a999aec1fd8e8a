using System.Text;
using System.Text.Json;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.PreTokenizers;

namespace GenAiLab.Models.Tokenization.Decoders;

/// <summary>The decoder of a tokenizer.json: steps from the tokens' spellings to a text.</summary>
internal sealed class TokenDecoder
{
    /// <summary>Joins tokens that spell bytes.</summary>
    public static readonly TokenDecoder ByteLevel = new([new ByteLevelStep()]);

    private const int MaximumGrowth = 64;

    private readonly IReadOnlyList<DecoderStep> _steps;

    private TokenDecoder(IReadOnlyList<DecoderStep> steps)
    {
        _steps = steps;
        Int128 growth = 1;
        foreach (var step in steps)
        {
            growth *= step.Growth;
            if (growth > MaximumGrowth)
            {
                throw TokenizerComponent.Refused($"its decoder may make a text more than {MaximumGrowth} times as long");
            }
        }
    }

    /// <summary>Whether a text is nothing but its tokens' bytes, end to end, as far as they are UTF-8.</summary>
    public bool JoinsBytes => _steps is [ByteLevelStep];

    /// <summary>Reads the decoder; without one, tokens are joined by spaces.</summary>
    public static TokenDecoder Read(JsonElement root) => new(
        root.TryGetProperty("decoder", out var decoder) && decoder.ValueKind != JsonValueKind.Null
            ? [.. Read(new TokenizerComponent(decoder, "decoder"))] : [new SpaceStep()]);

    /// <summary>Begins a text.</summary>
    public DecodedText Open(bool stream)
    {
        var (states, joined) = (new List<DecoderState>(), false);
        foreach (var step in _steps)
        {
            states.Add(step.Open(stream, joined));
            joined = stream && (joined || step.Joins); // Else what comes is whole.
        }

        return new DecodedText(states);
    }

    /// <summary>The bytes of a token within a text.</summary>
    public byte[] Spell(string token)
    {
        var joined = false;
        foreach (var step in _steps)
        {
            if (step is ByteLevelStep)
            {
                return ByteLevelStep.Bytes(token);
            }

            if (step is ByteFallbackStep && ByteFallbackStep.Value(token) is { } value)
            {
                return [value];
            }

            token = step.Spell(token, joined);
            joined |= step.Joins;
        }

        return Encoding.UTF8.GetBytes(token);
    }

    private static IEnumerable<DecoderStep> Read(TokenizerComponent component)
    {
        IEnumerable<DecoderStep> steps = component.Type switch
        {
            "Sequence" => component.Parts("decoders").SelectMany(Read).ToList(),
            "ByteLevel" => [ReadByteLevel(component)],
            "Metaspace" => [ReadMetaspace(component)],
            "WordPiece" => [new WordPieceStep(component.Text("prefix"), component.Flag("cleanup"))],
            "BPEDecoder" => [new SuffixStep(component.Text("suffix"))],
            "CTC" => [new CtcStep(component.Text("pad_token"), component.Text("word_delimiter_token"), component.Flag("cleanup"))],
            "ByteFallback" => [new ByteFallbackStep()],
            "Fuse" => [new FuseStep()],
            "Strip" => [new StripStep(component.Character("content"), component.Number("start"), component.Number("stop"))],
            "Replace" => [new ReplaceStep(component.Pattern("pattern"), component.Text("content"))],
            _ => throw component.Unsupported(),
        };
        component.Done();
        return steps;
    }

    private static ByteLevelStep ReadByteLevel(TokenizerComponent component)
    {
        // They say how a text is cut, and nothing about how it is joined.
        component.Flag("add_prefix_space", otherwise: true);
        component.Flag("trim_offsets", otherwise: true);
        component.Flag("use_regex", otherwise: true);
        return new ByteLevelStep();
    }

    private static MetaspaceStep ReadMetaspace(TokenizerComponent component)
    {
        var (replacement, scheme, _) = MetaspaceCutter.Parameters(component);
        return new MetaspaceStep(replacement, dropFirst: scheme != PrependScheme.Never);
    }
}

/// <summary>A text on its way through the steps of a decoder.</summary>
internal sealed class DecodedText(IReadOnlyList<DecoderState> states)
{
    /// <summary>The text that is certain with one more token.</summary>
    public string Push(string token) => Run(0, [token]);

    /// <summary>What is left.</summary>
    public string Finish()
    {
        var tokens = new List<string>();
        for (var step = 0; step < states.Count; step++)
        {
            var output = new List<string>();
            foreach (var token in tokens)
            {
                states[step].Push(token, output);
            }

            states[step].Finish(output);
            tokens = output;
        }

        return string.Concat(tokens);
    }

    private string Run(int first, List<string> tokens)
    {
        for (var step = first; step < states.Count && tokens.Count > 0; step++)
        {
            var output = new List<string>(tokens.Count);
            foreach (var token in tokens)
            {
                states[step].Push(token, output);
            }

            tokens = output;
        }

        return tokens.Count == 1 ? tokens[0] : string.Concat(tokens);
    }
}
