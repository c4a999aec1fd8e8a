namespace GenAiLab.Training.Base;

/// <summary>
/// Documents as one stream of tokens, each begun by the separator, cut into rows that a seed shuffles
/// anew every epoch. Which rows a step sees depends on (seed, step) only, so a run can be resumed anywhere.
/// A row begins where a document begins, as every prompt does; the rest of a document that is cut goes unread,
/// because without its beginning there is nothing to predict it from. Only a document longer than a row goes on in the next.
/// </summary>
public sealed class TokenBatches
{
    private readonly ushort[] _stream;
    private readonly int[] _rows;
    private readonly int _batch;
    private readonly int _length;
    private readonly int _seed;
    private int[] _order = [];
    private int _orderEpoch = -1;

    /// <param name="documents">Token ids of each document, without separator.</param>
    /// <param name="separator">Id put in front of each.</param>
    /// <param name="tokens">How many tokens to take from the documents at most.</param>
    /// <param name="batch">Rows of a step.</param>
    /// <param name="length">Tokens that a row predicts; it holds one more.</param>
    /// <param name="seed">Seed of the order.</param>
    public TokenBatches(IEnumerable<int[]> documents, int separator, int tokens, int batch, int length, int seed)
    {
        (_batch, _length, _seed) = (batch, length, seed);
        var stream = new List<ushort>(tokens);
        foreach (var document in documents)
        {
            stream.Add(checked((ushort)separator));
            stream.AddRange(document.Select(static id => checked((ushort)id)));
            if (stream.Count >= tokens)
            {
                break;
            }
        }

        _stream = [.. stream];
        _rows = [.. RowStarts(checked((ushort)separator))];
        if (_rows.Length < batch)
        {
            throw new ArgumentException($"{_stream.Length} tokens are too few for one batch of {batch} rows of {length}", nameof(documents));
        }
    }

    /// <summary>Tokens in the stream.</summary>
    public int Tokens => _stream.Length;

    /// <summary>Steps until every row was seen once.</summary>
    public int StepsPerEpoch => _rows.Length / _batch;

    /// <summary>Writes the rows of a step time-major: element position × batch + row.</summary>
    public void Fill(int step, long[] ids, long[] targets)
    {
        var (epoch, within) = Math.DivRem(step, StepsPerEpoch);
        if (epoch != _orderEpoch)
        {
            _order = [.. _rows];
            new Random(HashCode(_seed, epoch)).Shuffle(_order);
            _orderEpoch = epoch;
        }

        for (var row = 0; row < _batch; row++)
        {
            var start = _order[(within * _batch) + row];
            for (var position = 0; position < _length; position++)
            {
                ids[(position * _batch) + row] = _stream[start + position];
                targets[(position * _batch) + row] = _stream[start + position + 1];
            }
        }
    }

    private List<int> RowStarts(ushort separator)
    {
        var (starts, start) = (new List<int>(), 0);
        while (start + _length < _stream.Length)
        {
            starts.Add(start);
            var end = start + _length;
            var isWholeDocument = !_stream.AsSpan(start + 1, _length).Contains(separator);
            var unread = isWholeDocument ? 0 : _stream.AsSpan(end).IndexOf(separator);
            if (unread < 0)
            {
                break;
            }

            start = end + unread;
        }

        return starts;
    }

    // System.HashCode differs between processes; this one does not.
    private static int HashCode(int seed, int epoch) => unchecked((seed * 486_187_739) + (epoch * 16_777_619) + 1);
}
