using System.Buffers;
using System.Numerics;

namespace GenAiLab.Sampling;

/// <summary>
/// The tokens that a chain has left and their logits, in one of two forms: by id, or ranked (highest logit first,
/// ties to the lower id). Which one depends on the program alone, never on where the candidates came from, so that
/// the draw is the same. The temperature is kept beside the logits and not divided into them. A logit of −∞
/// excludes its token. Buffers are rented between <c>Load</c> and <see cref="Release"/>.
/// </summary>
internal sealed class WorkingSet
{
    private const int FirstGuess = 64;
    private const int GuessGrowth = 8;
    private const int LargestGuess = 4096;

    private float[] _logits = [];
    private int[]? _ids; // Null: every id in order.
    private (float Logit, int Id)? _last; // Of a head: no token outside of it ranks before this one.

    /// <summary>Tokens in it, excluded ones included.</summary>
    public int Count { get; private set; }

    /// <summary>Highest logit first, ties to the lower id; otherwise by id.</summary>
    public bool IsRanked { get; private set; }

    /// <summary>What the logits are to be divided by; above 0.</summary>
    public double Temperature { get; set; } = 1;

    /// <summary>False when tokens outside of the head that was loaded could have been among the highest.</summary>
    public bool Suffices { get; private set; }

    /// <summary>The logits, not yet divided by the temperature.</summary>
    public Span<float> Logits => _logits.AsSpan(0, Count);

    /// <summary>The id at an index.</summary>
    public int IdAt(int index) => _ids is null ? index : _ids[index];

    /// <summary>Where a token is; −1 when it is not in the set.</summary>
    public int IndexOf(int id)
    {
        if (_ids is null)
            return (uint)id < (uint)Count ? id : -1;
        var ids = _ids.AsSpan(0, Count);
        return IsRanked ? ids.IndexOf(id) : Math.Max(-1, ids.BinarySearch(id));
    }

    /// <summary>The highest logit.</summary>
    /// <exception cref="NoTokenLeftException">Every token is excluded.</exception>
    public float Maximum()
    {
        var maximum = Count == 0 ? float.NegativeInfinity
            : IsRanked ? _logits[0]
            : System.Numerics.Tensors.TensorPrimitives.Max<float>(Logits);
        return maximum == float.NegativeInfinity ? throw new NoTokenLeftException() : maximum;
    }

    /// <summary>Takes a vocabulary, or what a mask leaves of it.</summary>
    public void Load(ReadOnlySpan<float> logits, TokenMask? allowed)
    {
        (IsRanked, Temperature, Suffices, _last) = (false, 1, true, null);
        _logits = ArrayPool<float>.Shared.Rent(logits.Length);
        if (allowed is { } mask)
        {
            _ids = ArrayPool<int>.Shared.Rent(logits.Length);
            Count = mask.Gather(logits, _ids, _logits);
            return;
        }

        (_ids, Count) = (null, logits.Length);
        logits.CopyTo(_logits);
    }

    /// <summary>Takes candidates, in order of their ids.</summary>
    public void Load(in CandidateSet candidates)
    {
        (IsRanked, Temperature, Suffices, Count) = (false, 1, true, candidates.TokenIds.Length);
        _last = candidates.IsWhole ? null : (candidates.Logits[^1], candidates.TokenIds[^1]);
        _logits = ArrayPool<float>.Shared.Rent(Count);
        _ids = ArrayPool<int>.Shared.Rent(Count);
        candidates.TokenIds.CopyTo(_ids);
        candidates.Logits.CopyTo(_logits);
        for (var i = 0; i < candidates.Adjustments.Length; i++)
            _logits[i] += candidates.Adjustments[i];
        SortById();
    }

    /// <summary>Leaves a token no probability; to be followed by <see cref="Changed"/>.</summary>
    public void Exclude(int id)
    {
        if (IndexOf(id) is >= 0 and var at)
            _logits[at] = float.NegativeInfinity;
    }

    /// <summary>Adds to a token's logit; to be followed by <see cref="Changed"/>.</summary>
    public void Add(int id, float bias)
    {
        if (IndexOf(id) is >= 0 and var at)
            _logits[at] += bias;
    }

    /// <summary>Gives the buffers back.</summary>
    public void Release()
    {
        ArrayPool<float>.Shared.Return(_logits);
        if (_ids is not null)
            ArrayPool<int>.Shared.Return(_ids);
        (_logits, _ids, Count) = ([], null, 0);
    }

    /// <summary>Puts the form in order again after logits have changed.</summary>
    public void Changed()
    {
        if (!IsRanked)
            return;
        SortById();
        Rank(Count);
    }

    /// <summary>Keeps the k highest, ranked.</summary>
    public void KeepTop(int k)
    {
        if (IsRanked)
            KeepFirst(Math.Min(k, Count));
        else
            Rank(Math.Min(k, Count));
        Suffices &= _last is null || (Count == k && IsAhead(Count - 1));
        _last = null; // Whatever comes next works on these alone.
    }

    /// <summary>Where the highest logit is, the first of several; to be heeded only where <see cref="Suffices"/> then.</summary>
    /// <exception cref="NoTokenLeftException">Every token is excluded.</exception>
    public int IndexOfMaximum()
    {
        if (_last is not null && !Logits.ContainsAnyExcept(float.NegativeInfinity))
        {
            Suffices = false;
            return -1;
        }

        var index = IsRanked ? 0 : Logits.IndexOf(Maximum());
        Suffices &= _last is null || IsAhead(index);
        return index;
    }

    /// <summary>Ranks and keeps the smallest number of tokens whose probability reaches a part of the whole.</summary>
    public void KeepNucleus(double part)
    {
        var maximum = Maximum();
        var wanted = part * Distribution.SumOfWeights(Logits, maximum, Temperature);
        if (IsRanked)
        {
            KeepFirst(Reach(Logits, maximum, wanted, Temperature).Kept);
            return;
        }

        // The nucleus is a prefix of the ranking: rank as many as it takes, most often few.
        for (var guess = FirstGuess; ; guess *= GuessGrowth)
        {
            var count = guess <= LargestGuess ? Math.Min(guess, Count) : Count;
            var (indices, values) = (ArrayPool<int>.Shared.Rent(count), ArrayPool<float>.Shared.Rent(count));
            TopCandidates.Select(Logits, indices.AsSpan(0, count), values.AsSpan(0, count));
            var (kept, reached) = Reach(values.AsSpan(0, count), maximum, wanted, Temperature);
            if (reached || count == Count)
            {
                Replace(indices, values, kept);
                return;
            }

            ArrayPool<int>.Shared.Return(indices);
            ArrayPool<float>.Shared.Return(values);
        }
    }

    /// <summary>Keeps tokens whose logit is at least a threshold, which is at most the highest logit.</summary>
    public void KeepAtLeast(double threshold)
    {
        // The least float that passes: then the comparison needs no double.
        var least = (float)threshold;
        if (least < threshold)
            least = MathF.BitIncrement(least);
        least = MathF.Max(least, float.MinValue); // −∞ never passes.
        if (IsRanked)
        {
            var kept = Count;
            while (kept > 1 && _logits[kept - 1] < least)
                kept--;
            Count = kept;
            return;
        }

        if (_ids is null)
        {
            _ids = ArrayPool<int>.Shared.Rent(Count);
            Count = GatherAtLeast(least);
            return;
        }

        var to = 0;
        for (var from = 0; from < Count; from++)
        {
            (_logits[to], _ids[to]) = (_logits[from], _ids[from]);
            to += _logits[to] >= least ? 1 : 0;
        }

        Count = to;
    }

    /// <summary>Keeps the tokens at which an entry is not 0; keeps the form.</summary>
    public void Keep(ReadOnlySpan<byte> marks)
    {
        _ids ??= Identity(Count);
        var to = 0;
        for (var from = 0; from < Count; from++)
        {
            (_logits[to], _ids[to]) = (_logits[from], _ids[from]);
            to += marks[from] != 0 ? 1 : 0;
        }

        Count = to;
    }

    /// <summary>How many logits it takes, from the first on, until their weights add up to what is wanted.</summary>
    internal static (int Kept, bool Reached) Reach(ReadOnlySpan<float> ranked, float maximum, double wanted, double temperature)
    {
        Span<double> weights = stackalloc double[FirstGuess];
        double mass = 0;
        for (var begin = 0; begin < ranked.Length; begin += FirstGuess)
        {
            var part = ranked[begin..Math.Min(begin + FirstGuess, ranked.Length)];
            Distribution.Weights(part, maximum, temperature, weights[..part.Length]);
            for (var i = 0; i < part.Length; i++)
            {
                mass += weights[i];
                if (mass >= wanted)
                    return (begin + i + 1, true);
            }
        }

        return (ranked.Length, false);
    }

    // Most logits are far below a threshold: a vector of such costs one comparison.
    private int GatherAtLeast(float least)
    {
        var to = 0;
        var from = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var bar = new Vector<float>(least);
            for (; from <= Count - Vector<float>.Count; from += Vector<float>.Count)
            {
                if (!Vector.GreaterThanOrEqualAny(new Vector<float>(_logits, from), bar))
                    continue;
                for (var i = from; i < from + Vector<float>.Count; i++)
                    Gather(i);
            }
        }

        for (; from < Count; from++)
            Gather(from);
        return to;

        void Gather(int i)
        {
            (_logits[to], _ids![to]) = (_logits[i], i);
            to += _logits[to] >= least ? 1 : 0;
        }
    }

    private static int[] Identity(int count)
    {
        var ids = ArrayPool<int>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
            ids[i] = i;
        return ids;
    }

    private void Rank(int k)
    {
        var (indices, values) = (ArrayPool<int>.Shared.Rent(k), ArrayPool<float>.Shared.Rent(k));
        TopCandidates.Select(Logits, indices.AsSpan(0, k), values.AsSpan(0, k));
        Replace(indices, values, k);
    }

    private void Replace(int[] indices, float[] values, int count)
    {
        if (_ids is not null)
        {
            for (var i = 0; i < count; i++)
                indices[i] = _ids[indices[i]];
        }

        Release();
        (_ids, _logits, IsRanked) = (indices, values, true);
        KeepFirst(count);
    }

    private void KeepFirst(int count)
    {
        Count = count;
        while (Count > 0 && _logits[Count - 1] == float.NegativeInfinity)
            Count--;
    }

    // Logits are only ever lowered where a head is used, and those outside of it are lowered too, or stay.
    private bool IsAhead(int index) =>
        _logits[index] > _last!.Value.Logit || (_logits[index] == _last.Value.Logit && IdAt(index) <= _last.Value.Id);

    private void SortById()
    {
        _ids.AsSpan(0, Count).Sort(Logits);
        IsRanked = false;
    }
}
