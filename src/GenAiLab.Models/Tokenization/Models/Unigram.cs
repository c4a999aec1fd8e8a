using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>
/// The most probable cut of a word by the log-probabilities of its tokens (Kudo 2018, arXiv:1804.10959): Viterbi over
/// a trie. A character that no entry covers alone may be unknown, at 10 below the lowest score; unknown neighbours are
/// one token, or as many as they have bytes where the vocabulary has those.
/// </summary>
internal sealed class Unigram : WordModel
{
    private const double UnknownPenalty = 10;
    private const int StepsBetweenChecks = 0x1000;

    private readonly string?[] _entries;
    private readonly double[] _scores;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly UnitTrie _trie = new();
    private readonly double _unknownScore;
    private readonly int? _unknown;
    private readonly int[]? _byteIds;

    private Unigram(TokenizerComponent model)
    {
        var vocabulary = model.Value("vocab");
        if (vocabulary.ValueKind != JsonValueKind.Array || vocabulary.GetArrayLength() is 0 or > TokenizerFile.MaximumEntries)
        {
            throw model.Wrong($"has a 'vocab' that is no list, empty, or longer than {TokenizerFile.MaximumEntries:N0}");
        }

        (_entries, _scores) = (new string?[vocabulary.GetArrayLength()], new double[vocabulary.GetArrayLength()]);
        var id = 0;
        foreach (var entry in vocabulary.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
                || entry[1].ValueKind != JsonValueKind.Number || !entry[1].TryGetDouble(out _scores[id]) || !double.IsFinite(_scores[id]))
            {
                throw model.Wrong($"has an entry, number {id}, that is not a text and a score");
            }

            var text = entry[0].GetString()!;
            (_entries[id], _ids[text]) = (text, id);
            if (text.Length > 0)
            {
                _trie.Add(text, id);
            }

            id++;
        }

        _unknownScore = _scores.Min() - UnknownPenalty;
        _unknown = model.OptionalNumber("unk_id");
        if (_unknown >= _entries.Length)
        {
            throw model.Wrong("has an 'unk_id' that is not in the vocabulary");
        }

        if (model.Flag("byte_fallback", otherwise: false))
        {
            _byteIds = [.. Enumerable.Range(0, 256).Select(value => Find(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")) ?? -1)];
        }
    }

    public override int? Unknown => _unknown;

    public override string Type => "Unigram";

    public override IReadOnlyList<string?> Entries => _entries;

    public override int Count => _entries.Length;

    public static Unigram Read(TokenizerComponent model) => new(model);

    public override int? Find(string entry) => _ids.TryGetValue(entry, out var id) ? id : null;

    public override void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation)
    {
        var nodes = ArrayPool<Node>.Shared.Rent(word.Length + 1);
        try
        {
            Search(word, nodes.AsSpan(0, word.Length + 1), cancellation);
            Collect(word, nodes, tokens);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(nodes);
        }
    }

    private static void Offer(ref Node node, double score, int id, int from)
    {
        if (node.From < 0 || score > node.Score)
        {
            node = new Node(score, id, from);
        }
    }

    private void Search(ReadOnlySpan<char> word, Span<Node> nodes, CancellationToken cancellation)
    {
        nodes.Fill(new Node(0, -1, -1));
        for (int at = 0, units, steps = 0; at < word.Length; at += units)
        {
            CodePoints.At(word, at, out units);
            var (reached, single) = (nodes[at].Score, false);
            var node = UnitTrie.Root;
            for (var end = at; end < word.Length && (node = _trie.Child(node, word[end])) != UnitTrie.Root; end++)
            {
                if (++steps % StepsBetweenChecks == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                var id = _trie.Value(node);
                if (id >= 0)
                {
                    Offer(ref nodes[end + 1], _scores[id] + reached, id, at);
                    single |= end + 1 - at == units;
                }
            }

            if (!single)
            {
                Offer(ref nodes[at + units], _unknownScore + reached, _unknown ?? throw new TokenizationException("the vocabulary has no unknown token for a character of this text"), at);
            }
        }
    }

    private void Collect(ReadOnlySpan<char> word, Span<Node> nodes, List<WordToken> tokens)
    {
        // The best way, from behind; then its steps in order, unknown neighbours as one.
        var steps = 0;
        for (var at = word.Length; at > 0; at = nodes[at].From)
        {
            steps++;
        }

        var ends = ArrayPool<int>.Shared.Rent(steps);
        for (int at = word.Length, step = steps; at > 0; at = nodes[at].From)
        {
            ends[--step] = at;
        }

        for (int step = 0, start = 0, place = 0; step < steps; step++)
        {
            var end = ends[step];
            var id = nodes[end].Id;
            while (id == _unknown && step + 1 < steps && nodes[ends[step + 1]].Id == _unknown)
            {
                end = ends[++step];
            }

            var bytes = Encoding.UTF8.GetByteCount(word[start..end]);
            if (id != _unknown)
            {
                tokens.Add(new WordToken(id, place, place + bytes));
            }
            else
            {
                AddUnknown(word[start..end], place, bytes, tokens);
            }

            (start, place) = (end, place + bytes);
        }

        ArrayPool<int>.Shared.Return(ends);
    }

    private void AddUnknown(ReadOnlySpan<char> text, int place, int length, List<WordToken> tokens)
    {
        if (_ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var id))
        {
            tokens.Add(new WordToken(id, place, place + length)); // Unknown parts may spell an entry together.
            return;
        }

        if (_byteIds is not null)
        {
            var bytes = Encoding.UTF8.GetBytes(text.ToArray());
            if (Array.TrueForAll(bytes, value => _byteIds[value] >= 0))
            {
                for (var at = 0; at < bytes.Length; at++)
                {
                    tokens.Add(new WordToken(_byteIds[bytes[at]], place + at, place + at + 1));
                }

                return;
            }
        }

        tokens.Add(new WordToken(_unknown!.Value, place, place + length));
    }

    private readonly record struct Node(double Score, int Id, int From);
}
