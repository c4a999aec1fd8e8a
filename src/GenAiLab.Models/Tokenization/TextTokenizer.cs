using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using GenAiLab.Models.Tokenization.Decoders;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Normalizers;
using GenAiLab.Models.Tokenization.PreTokenizers;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// Text to token ids and back by a tokenizer.json, as Hugging Face's tokenizers do it: normalizer, pre-tokenizer, model,
/// post-processor, decoder. Immutable but for a bounded cache of words; safe for use by several threads, which do not
/// wait for each other. docs/tokenizers.md says what is supported and where it differs from the reference.
/// </summary>
/// <remarks>
/// Added tokens that a text spells out are read as such only where that is asked for (parseSpecialTokens) or in trusted
/// ranges; there everything is as in the reference. Elsewhere control tokens are text, and so are added tokens in
/// brackets, &lt;tool_call&gt; or &lt;｜User｜&gt;, which files do not call special although they steer the model as well;
/// added words and white space are read everywhere.
/// </remarks>
public sealed class TextTokenizer
{
    private const int WordsBetweenChecks = 0x400;
    private const int LargestScratch = 1 << 20;
    private static readonly TimeSpan NormalizationTime = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentQueue<Scratch> Spare = new();

    private readonly TextNormalizer? _normalizer;
    private readonly TextCutter? _cutter;
    private readonly WordModel _model;
    private readonly PostProcessor _postProcessor;
    private readonly TokenDecoder _decoder;
    private readonly AddedTokenFinder? _raw;
    private readonly AddedTokenFinder? _normalized;
    private readonly FrozenSet<int> _control;
    private readonly string?[] _spellings;
    private readonly byte[][] _pieces;
    private readonly WordCache _cache = new();

    internal TextTokenizer(TokenizerFile file, string sha256)
    {
        (Sha256, Components) = (sha256, file.Components);
        (_normalizer, _cutter, _model, _postProcessor, _decoder) = (file.Normalizer, file.Cutter, file.Model, file.PostProcessor, file.Decoder);
        SpecialTokens = new OrderedDictionary<string, int>(file.AddedTokens.Select(static token => KeyValuePair.Create(token.Content, token.Id)));
        TextTokens = file.AddedTokens.Where(static token => !token.IsControl).Select(static token => token.Id).ToFrozenSet();
        _control = file.AddedTokens.Where(static token => token.IsControl).Select(static token => token.Id).ToFrozenSet();
        _raw = Finder([.. file.AddedTokens.Where(static token => !token.IsNormalized).Select(static token => (token, token.Content))]);
        _normalized = Finder(Normalized(file.AddedTokens));
        _spellings = new string?[Math.Max(_model.Entries.Count, file.AddedTokens.Select(static token => token.Id + 1).DefaultIfEmpty().Max())];
        _pieces = new byte[_spellings.Length][];
        for (var id = 0; id < _spellings.Length; id++)
        {
            _spellings[id] = id < _model.Entries.Count ? _model.Entries[id] : null;
        }

        foreach (var token in file.AddedTokens)
        {
            _spellings[token.Id] = token.Content;
        }

        for (var id = 0; id < _pieces.Length; id++)
        {
            _pieces[id] = _spellings[id] is not { } spelling ? [] : _control.Contains(id) && !_decoder.JoinsBytes ? Encoding.UTF8.GetBytes(spelling) : _decoder.Spell(spelling);
        }

        if (_postProcessor.Front.Concat(_postProcessor.Behind).Any(id => id >= _spellings.Length || _spellings[id] is null))
        {
            throw TokenizerComponent.Refused("the post_processor adds a token that there is not");
        }
    }

    /// <summary>SHA-256 of tokenizer.json, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>One more than the largest id, special tokens included.</summary>
    public int VocabularySize => _spellings.Length;

    /// <summary>The model's name in the file: BPE, WordPiece, Unigram or WordLevel.</summary>
    public string ModelType => _model.Type;

    /// <summary>The token that stands for what the vocabulary cannot spell; null where there is none.</summary>
    public int? UnknownId => _model.Unknown;

    /// <summary>What the file is made of.</summary>
    public TokenizerComponents Components { get; }

    /// <summary>Added tokens and their ids, in the order of the file: those that control a model, and <see cref="TextTokens"/>.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>Ids of those added tokens that are part of a text where a model writes them, such as the marks around a tool call.</summary>
    public IReadOnlySet<int> TextTokens { get; }

    /// <summary>Whether its tokens are bytes of the text, all of them and nothing else.</summary>
    internal bool IsByteLevel => _normalizer is null && _model is ByteBpe && _decoder.JoinsBytes;

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is missing, damaged, or has a component that is not supported.</exception>
    public static TextTokenizer Load(string path) => Parse(TokenizerFile.ReadBytes(path));

    /// <summary>Reads the content of a tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is damaged, or has a component that is not supported.</exception>
    public static TextTokenizer Parse(byte[] json) => new(TokenizerFile.Parse(json), Convert.ToHexStringLower(SHA256.HashData(json)));

    /// <summary>
    /// Tokens of a text with their places: in order, never going back. What a normalizer removes is in no token, and
    /// tokens that come of one character share its place, unless they are its bytes.
    /// </summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Adds what the post-processor adds, 0 bytes long.</param>
    /// <param name="parseSpecialTokens">Reads special tokens spelled out in the text as such.</param>
    /// <param name="cancellation">Looked at between words, and within long ones.</param>
    /// <exception cref="TokenizationException">The vocabulary cannot cut this text.</exception>
    public IReadOnlyList<TokenSpan> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation = default)
    {
        text = CodePoints.Repair(text);
        var spans = new List<TokenSpan>((text.Length / 4) + _postProcessor.Front.Count + _postProcessor.Behind.Count);
        var sink = new SpanSink(text, _control, spans);
        Add(_postProcessor.Front, 0);
        Run(text, new TrustedText(parseSpecialTokens, []), sink, cancellation);
        Add(_postProcessor.Behind, Encoding.UTF8.GetByteCount(text));
        return spans;

        void Add(IReadOnlyList<int> added, int place)
        {
            foreach (var id in addSpecialTokens ? added : [])
            {
                sink.Add(id, place);
            }
        }
    }

    /// <summary>Tokens of a text with their places, nothing added.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="controlRanges">
    /// Where special tokens spelled out are read as such, if they lie wholly in one range; elsewhere they are text.
    /// In UTF-16 code units, in order, apart from each other.
    /// </param>
    /// <param name="cancellation">Looked at between words, and within long ones.</param>
    /// <exception cref="TokenizationException">The vocabulary cannot cut this text.</exception>
    public IReadOnlyList<TokenSpan> Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges, CancellationToken cancellation = default)
    {
        text = CodePoints.Repair(text);
        var (ranges, unit, bytes) = (new List<(int Start, int End)>(controlRanges.Count), 0, 0);
        foreach (var (start, length) in controlRanges)
        {
            var first = bytes + Encoding.UTF8.GetByteCount(text.AsSpan(unit, start - unit));
            bytes = first + Encoding.UTF8.GetByteCount(text.AsSpan(start, length));
            unit = start + length;
            ranges.Add((first, bytes));
        }

        var spans = new List<TokenSpan>(text.Length / 4);
        Run(text, new TrustedText(false, ranges), new SpanSink(text, _control, spans), cancellation);
        return spans;
    }

    /// <summary>Appends the ids of a text, nothing added, special tokens in it taken as text: the fast path, without places.</summary>
    /// <exception cref="TokenizationException">The vocabulary cannot cut this text.</exception>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids, CancellationToken cancellation = default) =>
        Run(text, new TrustedText(false, []), new IdSink(ids), cancellation);

    /// <summary>Appends the ids of a text, without places.</summary>
    /// <inheritdoc cref="Encode(string, bool, bool, CancellationToken)"/>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation = default)
    {
        ids.AddRange(addSpecialTokens ? _postProcessor.Front : []);
        Run(text, new TrustedText(parseSpecialTokens, []), new IdSink(ids), cancellation);
        ids.AddRange(addSpecialTokens ? _postProcessor.Behind : []);
    }

    /// <summary>How many tokens a text has.</summary>
    /// <inheritdoc cref="Encode(string, bool, bool, CancellationToken)"/>
    public int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation = default)
    {
        var sink = new CountSink();
        Run(text, new TrustedText(parseSpecialTokens, []), sink, cancellation);
        return sink.Count + (addSpecialTokens ? _postProcessor.Front.Count + _postProcessor.Behind.Count : 0);
    }

    /// <summary>The text of tokens, as the file's decoder joins them; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids of the vocabulary; those that stand for nothing are passed over.</param>
    /// <param name="skipSpecialTokens">Leaves out control tokens, but not <see cref="TextTokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No token has one of the ids.</exception>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        if (_decoder.JoinsBytes)
        {
            using var bytes = new MemoryStream();
            foreach (var id in ids)
            {
                bytes.Write(skipSpecialTokens && _control.Contains(id) ? [] : TokenBytes(id).Span);
            }

            return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }

        var (text, decoded) = (new StringBuilder(), _decoder.Open(stream: false));
        foreach (var id in ids)
        {
            if (TokenText(id) is { } spelling && !(skipSpecialTokens && _control.Contains(id)))
            {
                text.Append(decoded.Push(spelling));
            }
        }

        return text.Append(decoded.Finish()).ToString();
    }

    /// <summary>A decoder for ids that come one by one.</summary>
    /// <param name="skipSpecialTokens">Leaves out control tokens, but not <see cref="TextTokens"/>.</param>
    public TokenTextStream OpenStream(bool skipSpecialTokens) => _decoder.JoinsBytes
        ? new TokenTextStream(id => skipSpecialTokens && _control.Contains(id) ? default : TokenBytes(id))
        : new TokenTextStream(id => TokenText(id) is { } spelling && !(skipSpecialTokens && _control.Contains(id)) ? spelling : null, _decoder.Open(stream: true));

    /// <summary>
    /// The bytes that a token stands for within a text: joined, and without the space that may stand first, the pieces
    /// of a text are that text, or near it where the decoder cleans up. A control token is its name.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public ReadOnlyMemory<byte> TokenBytes(int id) => _pieces[Checked(id)];

    /// <summary>A token as it is spelled in the vocabulary; null where the id stands for nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string? TokenText(int id) => _spellings[Checked(id)];

    private static AddedTokenFinder? Finder(IReadOnlyList<(AddedToken, string)> tokens) => tokens.Count > 0 ? new AddedTokenFinder(tokens) : null;

    // What a normalizer leaves nothing of is found nowhere.
    private List<(AddedToken Token, string Spelling)> Normalized(IReadOnlyList<AddedToken> tokens)
    {
        var (spelled, started) = (new List<(AddedToken Token, string Spelling)>(), Stopwatch.GetTimestamp());
        try
        {
            foreach (var token in tokens.Where(static token => token.IsNormalized))
            {
                var spelling = _normalizer?.Apply(token.Content) ?? token.Content;
                if (Stopwatch.GetElapsedTime(started) > NormalizationTime)
                {
                    throw new TokenizationException("too slow");
                }

                if (spelling.Length > 0)
                {
                    spelled.Add((token, spelling));
                }
            }
        }
        catch (TokenizationException)
        {
            throw TokenizerComponent.Refused("the normalizer takes too long, or writes too much, for the added tokens");
        }

        return spelled;
    }

    private int Checked(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _spellings.Length);
        return id;
    }

    // As the reference does: added tokens of the raw text, the rest normalized, added tokens of the normalized text, words, tokens.
    private void Run(ReadOnlySpan<char> text, TrustedText trusted, TokenSink sink, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        text = CodePoints.Repair(text);
        var scratch = Spare.TryDequeue(out var spare) ? spare : new Scratch();
        var keepPlaces = sink.KeepsPlaces || _cutter?.NeedsPlaces == true;
        scratch.Whole.Begin(text, 0, keepPlaces, cancellation);
        Find(_raw, scratch.Whole, trusted, scratch.Places);
        if (_normalizer is null)
        {
            Cut(scratch.Whole, trusted, sink, scratch);
        }
        else
        {
            scratch.Cursor.Reset();
            foreach (var range in scratch.Whole.Ranges)
            {
                var part = text.Slice(range.Start, range.Length);
                if (range.IsToken)
                {
                    sink.Begin();
                    sink.Added(scratch.Whole.Text, range);
                }
                else
                {
                    scratch.Part.Begin(part, keepPlaces ? scratch.Cursor.ByteAt(text, range.Start) : range.Start, keepPlaces, cancellation);
                    _normalizer.Apply(scratch.Part.Text, cancellation);
                    scratch.Part.TakeAll();
                    Cut(scratch.Part, trusted, sink, scratch);
                }
            }
        }

        if (scratch.Size <= LargestScratch && Spare.Count < Environment.ProcessorCount)
        {
            Spare.Enqueue(scratch);
        }
    }

    private static void Find(AddedTokenFinder? finder, TextParts parts, TrustedText trusted, OriginalPlaces places)
    {
        if (finder is not null)
        {
            places.Reset();
            parts.Cut((range, output) =>
                finder.Cut(parts.Text.Letters, range, (start, end) => places.Of(parts.Text, start, end), trusted, output, parts.Cancellation));
        }
    }

    private void Cut(TextParts parts, TrustedText trusted, TokenSink sink, Scratch scratch)
    {
        Find(_normalized, parts, trusted, scratch.Places);
        _cutter?.Apply(parts);
        sink.Begin();
        var (text, words) = (parts.Text, 0);
        foreach (var range in CollectionsMarshal.AsSpan(parts.Ranges))
        {
            if (++words % WordsBetweenChecks == 0)
            {
                parts.Cancellation.ThrowIfCancellationRequested();
            }

            if (range.IsToken)
            {
                sink.Added(text, range);
                continue;
            }

            var word = text.Letters.Slice(range.Start, range.Length);
            ulong hash = 0;
            if (word.Length <= WordCache.LongestWord && _cache.TryFind(word, out hash, out var known))
            {
                sink.Word(text, range.Start, known);
                continue;
            }

            scratch.Tokens.Clear();
            _model.Cut(word, scratch.Tokens, parts.Cancellation);
            var tokens = CollectionsMarshal.AsSpan(scratch.Tokens);
            sink.Word(text, range.Start, tokens);
            if (word.Length <= WordCache.LongestWord)
            {
                _cache.Remember(word, hash, tokens);
            }
        }
    }

    // What one call needs and the next can use again.
    private sealed class Scratch
    {
        public TextParts Whole { get; } = new();

        public TextParts Part { get; } = new();

        public OriginalPlaces Places { get; } = new();

        public Utf8Cursor Cursor { get; } = new();

        public List<WordToken> Tokens { get; } = [];

        public int Size => Math.Max(Math.Max(Whole.Text.Capacity, Part.Text.Capacity), Math.Max(Whole.Ranges.Capacity, Math.Max(Part.Ranges.Capacity, Tokens.Capacity)));
    }
}
