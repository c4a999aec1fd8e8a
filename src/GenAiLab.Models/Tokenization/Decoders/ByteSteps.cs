using System.Globalization;
using System.Text;

namespace GenAiLab.Models.Tokenization.Decoders;

/// <summary>Letters of <see cref="ByteAlphabet"/> to bytes, and these to text; a token with any other letter is its own UTF-8.</summary>
internal sealed class ByteLevelStep : DecoderStep
{
    public override bool Joins => true;

    public static byte[] Bytes(string token) => ByteAlphabet.Read(token) ?? Encoding.UTF8.GetBytes(token);

    public override DecoderState Open(bool stream, bool joined) => joined ? new WholeState(new State()) : stream ? new State() : new WholeBytes();

    // U+FFFD stands for each part of a character that cannot be completed (as the WHATWG and Rust have it).
    private sealed class State : DecoderState
    {
        private readonly Utf8Text _text = new();

        public override void Push(string token, List<string> output)
        {
            if (_text.Push(Bytes(token)) is { Length: > 0 } text)
            {
                output.Add(text);
            }
        }

        public override void Finish(List<string> output)
        {
            if (_text.Finish() is { Length: > 0 } text)
            {
                output.Add(text);
            }
        }
    }

    private sealed class WholeBytes : DecoderState
    {
        private readonly MemoryStream _bytes = new();

        public override void Push(string token, List<string> output) => _bytes.Write(Bytes(token));

        public override void Finish(List<string> output) => output.Add(Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length));
    }
}

/// <summary>UTF-8 that comes in parts: each call gives the characters that are whole or can become none.</summary>
internal sealed class Utf8Text
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public string Push(ReadOnlySpan<byte> bytes) => Decode(bytes, flush: false);

    public string Finish() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> letters = bytes.Length <= 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        return new string(letters[.._decoder.GetChars(bytes, letters, flush)]);
    }
}

/// <summary>
/// Tokens like &lt;0xE3&gt; to bytes, and runs of them to text. As in the reference a run that is not UTF-8 is U+FFFD
/// for each of its bytes; a stream, which cannot wait for its end, gives the characters that are whole, and U+FFFD for
/// each byte that belongs to none.
/// </summary>
internal sealed class ByteFallbackStep : DecoderStep
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The byte that a token stands for; null for any other token.</summary>
    public static byte? Value(string token) =>
        token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    public override DecoderState Open(bool stream, bool joined) => joined ? new WholeState(new RunState()) : stream ? new StreamState() : new RunState();

    private sealed class RunState : DecoderState
    {
        private readonly List<byte> _run = [];

        public override void Push(string token, List<string> output)
        {
            if (Value(token) is { } value)
            {
                _run.Add(value);
                return;
            }

            Finish(output);
            output.Add(token);
        }

        public override void Finish(List<string> output)
        {
            if (_run.Count == 0)
            {
                return;
            }

            try
            {
                output.Add(Strict.GetString([.. _run]));
            }
            catch (DecoderFallbackException)
            {
                output.AddRange(Enumerable.Repeat("\uFFFD", _run.Count));
            }

            _run.Clear();
        }
    }

    private sealed class StreamState : DecoderState
    {
        private readonly List<byte> _pending = []; // The beginning of a character, at most 3 bytes.

        public override void Push(string token, List<string> output)
        {
            if (Value(token) is not { } value)
            {
                Finish(output);
                output.Add(token);
                return;
            }

            _pending.Add(value);
            while (_pending.Count > 0)
            {
                var status = Rune.DecodeFromUtf8([.. _pending], out var rune, out var consumed);
                if (status == System.Buffers.OperationStatus.NeedMoreData)
                {
                    return;
                }

                output.AddRange(status == System.Buffers.OperationStatus.Done ? [rune.ToString()] : Enumerable.Repeat("\uFFFD", consumed));
                _pending.RemoveRange(0, consumed);
            }
        }

        public override void Finish(List<string> output)
        {
            output.AddRange(Enumerable.Repeat("\uFFFD", _pending.Count));
            _pending.Clear();
        }
    }
}
