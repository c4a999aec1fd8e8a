using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>
/// Which tokens of a vocabulary hold one of several strings: the sequence breakers of DRY, which only somebody who
/// knows what tokens stand for can find. Control tokens stand for no text and are none. The last answers are kept per
/// vocabulary. Thread-safe.
/// </summary>
internal static class SequenceBreakers
{
    /// <summary>What breaks sequences when a request does not say.</summary>
    public static IReadOnlyList<string> Default { get; } = ["\n", ":", "\"", "*"];

    /// <summary>As many ids as a sampling program takes.</summary>
    public const int MaximumIds = SamplingOptions.MaximumSequenceBreakers;

    private const int KeptAnswers = 16;

    // An answer of one vocabulary is of no use when its table is gone.
    private static readonly ConditionalWeakTable<PieceTable, Dictionary<string, int[]>> Answers = [];

    /// <summary>Adds to a program with DRY the tokens that break its sequences.</summary>
    /// <param name="sampling">Changed in place.</param>
    /// <param name="breakers">The request's strings; none: the default, unless the program names ids itself.</param>
    /// <param name="pieces">The model's vocabulary.</param>
    /// <param name="vocabularySize">The model's.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: too many tokens hold them.</exception>
    public static void AddTo(SamplingProgram sampling, IReadOnlyList<string> breakers, PieceTable pieces, int vocabularySize)
    {
        if (sampling.Dry is not { Multiplier: > 0 } dry || (breakers.Count == 0 && dry.SequenceBreakerIds.Count > 0))
        {
            return;
        }

        dry.SequenceBreakerIds.AddRange(Find(pieces, breakers.Count == 0 ? Default : breakers).Where(id => id < vocabularySize));
        if (dry.SequenceBreakerIds.Count > MaximumIds)
        {
            RpcErrors.ThrowInvalidArgument(
                "dry_sequence_breakers", $"with sampling.dry.sequence_breaker_ids they are {dry.SequenceBreakerIds.Count} tokens; there may be {MaximumIds}");
        }
    }

    /// <summary>Ids of the tokens that hold one of the strings, in order.</summary>
    /// <param name="pieces">The vocabulary.</param>
    /// <param name="breakers">None empty.</param>
    public static IReadOnlyList<int> Find(PieceTable pieces, IReadOnlyList<string> breakers)
    {
        var answers = Answers.GetOrCreateValue(pieces);
        var key = string.Join('\0', breakers.Select(static breaker => $"{breaker.Length}{breaker}"));
        lock (answers)
        {
            if (answers.TryGetValue(key, out var known))
            {
                return known;
            }

            if (answers.Count == KeptAnswers)
            {
                answers.Clear();
            }

            return answers[key] = Search(pieces, breakers);
        }
    }

    private static int[] Search(PieceTable pieces, IReadOnlyList<string> breakers)
    {
        byte[][] wanted = [.. breakers.Select(Encoding.UTF8.GetBytes)];
        var single = SearchValues.Create([.. wanted.Where(static bytes => bytes.Length == 1).Select(static bytes => bytes[0])]);
        byte[][] longer = [.. wanted.Where(static bytes => bytes.Length > 1)];
        var found = new List<int>();
        for (var id = 0; id < pieces.Count; id++)
        {
            var piece = pieces[id].Span;
            if (!pieces.IsSpecial(id) && (piece.ContainsAny(single) || HoldsOne(piece, longer)))
            {
                found.Add(id);
            }
        }

        return [.. found];
    }

    private static bool HoldsOne(ReadOnlySpan<byte> piece, byte[][] longer)
    {
        foreach (var bytes in longer)
        {
            if (piece.IndexOf(bytes) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
