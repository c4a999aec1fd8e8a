namespace GenAiLab.Training.Reward;

/// <summary>Rows of one sequence each, time-major and padded on the right, with the place of each row's last token.</summary>
internal sealed class PairBatch
{
    private readonly int _rows;
    private readonly int _length;
    private readonly int _padding;

    public PairBatch(int rows, int length, int padding)
    {
        (_rows, _length, _padding) = (rows, length, padding);
        (Ids, Last) = (new long[rows * length], new long[rows]);
        Inputs = new Dictionary<string, (Array, long[])> { ["ids"] = (Ids, [rows * length]), ["last"] = (Last, [rows]) };
    }

    public long[] Ids { get; }

    public long[] Last { get; }

    public IReadOnlyDictionary<string, (Array Buffer, long[] Shape)> Inputs { get; }

    /// <summary>Writes at most as many sequences as there are rows; rows beyond are padding.</summary>
    public void Fill(IReadOnlyList<int[]> sequences)
    {
        Array.Fill(Ids, _padding);
        for (var row = 0; row < _rows; row++)
        {
            var length = row < sequences.Count ? sequences[row].Length : 1;
            if (length > _length)
            {
                throw new ArgumentException($"a sequence has {length} tokens; a row takes {_length}", nameof(sequences));
            }

            for (var position = 0; row < sequences.Count && position < length; position++)
            {
                Ids[(position * _rows) + row] = sequences[row][position];
            }

            Last[row] = ((length - 1) * _rows) + row;
        }
    }
}
