using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Sft;

/// <summary>
/// Conversations packed into rows, one behind the other as documents are in pre-training, never cut. The order
/// is shuffled anew every epoch; which conversations a step sees depends on (seed, step) only.
/// </summary>
internal sealed class ConversationRows
{
    private readonly IReadOnlyList<TokenizedConversation> _conversations;
    private readonly int _rows;
    private readonly int _length;
    private readonly int _filler;
    private readonly int? _seed;

    // Rows of an epoch that was packed, and how many rows all epochs before it have.
    private readonly List<int> _firstRows = [0];
    private List<int[]> _packed = [];
    private int _packedEpoch = -1;

    /// <param name="conversations">At least one; none longer than <paramref name="length"/>.</param>
    /// <param name="rows">Rows of a step.</param>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="filler">Id where a row has no conversation any more.</param>
    /// <param name="seed">Seed of the order; null: the order given.</param>
    public ConversationRows(IReadOnlyList<TokenizedConversation> conversations, int rows, int length, int filler, int? seed)
    {
        (_conversations, _rows, _length, _filler, _seed) = (conversations, rows, length, filler, seed);
        if (conversations.Count == 0)
        {
            throw new ArgumentException("there is no conversation to learn from", nameof(conversations));
        }

        for (var at = 0; at < conversations.Count; at++)
        {
            if (conversations[at].Ids.Length > length)
            {
                throw new ArgumentException(
                    $"conversation {at + 1} has {conversations[at].Ids.Length} tokens; a row takes {length}", nameof(conversations));
            }
        }
    }

    /// <summary>Steps until every conversation was seen once in the given order; the last step may have empty rows.</summary>
    public int StepsOfFirstEpoch => (Pack(0).Count + _rows - 1) / _rows;

    /// <summary>
    /// Writes the rows of a step time-major (element position × <paramref name="stride"/> + row): ids, the ids
    /// that follow, and 1 where the assistant said what follows, otherwise 0.
    /// </summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="wrap">Whether another epoch follows; without, rows after the first epoch are empty.</param>
    /// <param name="ids">[length × stride].</param>
    /// <param name="targets">The same.</param>
    /// <param name="weights">The same.</param>
    /// <param name="stride">Rows of the whole batch, of which these are the first.</param>
    public void Fill(int step, bool wrap, long[] ids, long[] targets, float[] weights, int stride)
    {
        for (var row = 0; row < _rows; row++)
        {
            for (var position = 0; position < _length; position++)
            {
                var at = (position * stride) + row;
                (ids[at], targets[at], weights[at]) = (_filler, _filler, 0);
            }

            var start = row;
            foreach (var index in Row(((long)step * _rows) + row, wrap))
            {
                var conversation = _conversations[index];
                for (var token = 0; token < conversation.Ids.Length; token++, start += stride)
                {
                    ids[start] = conversation.Ids[token];
                    if (token + 1 < conversation.Ids.Length)
                    {
                        targets[start] = conversation.Ids[token + 1];
                        weights[start] = conversation.Answered[token + 1] ? 1 : 0;
                    }
                }
            }
        }
    }

    private int[] Row(long number, bool wrap)
    {
        if (!wrap)
        {
            return number < Pack(0).Count ? _packed[(int)number] : [];
        }

        // Epochs have different numbers of rows, as the order decides how well they fill.
        var epoch = 0;
        while (true)
        {
            if (_firstRows.Count <= epoch + 1)
            {
                _firstRows.Add(_firstRows[epoch] + Pack(epoch).Count);
            }

            if (number < _firstRows[epoch + 1])
            {
                return Pack(epoch)[(int)(number - _firstRows[epoch])];
            }

            epoch++;
        }
    }

    private List<int[]> Pack(int epoch)
    {
        if (epoch == _packedEpoch)
        {
            return _packed;
        }

        var order = Enumerable.Range(0, _conversations.Count).ToArray();
        if (_seed is { } seed)
        {
            new Random(unchecked((seed * 486_187_739) + (epoch * 16_777_619) + 7)).Shuffle(order);
        }

        _packed = [];
        var (row, used) = (new List<int>(), 0);
        foreach (var index in order)
        {
            var tokens = _conversations[index].Ids.Length;
            if (used + tokens > _length)
            {
                _packed.Add([.. row]);
                row.Clear();
                used = 0;
            }

            row.Add(index);
            used += tokens;
        }

        _packed.Add([.. row]);
        _packedEpoch = epoch;
        return _packed;
    }
}
