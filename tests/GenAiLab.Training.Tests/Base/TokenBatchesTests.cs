using GenAiLab.Training.Base;

namespace GenAiLab.Training.Tests.Base;

/// <summary>How documents become rows.</summary>
public sealed class TokenBatchesTests
{
    private const int Separator = 0;
    private const int Length = 4;

    [Fact]
    public void Rows_begin_where_a_document_begins_and_the_rest_of_one_that_is_cut_goes_unread()
    {
        Assert.Equal([[0, 1, 2, 0], [0, 6, 7, 0]], Rows([1, 2], [3, 4, 5], [6, 7], [8, 9]));
    }

    [Fact]
    public void A_document_longer_than_a_row_goes_on_in_the_next()
    {
        Assert.Equal([[0, 1, 2, 3], [4, 5, 6, 7], [8, 0, 9, 10]], Rows([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11], [12]));
    }

    [Fact]
    public void Every_position_has_the_next_token_as_its_target_and_every_epoch_all_rows()
    {
        var batches = new TokenBatches(Enumerable.Range(1, 52).Select(static at => new[] { at, at + 100 }), Separator, int.MaxValue / 4, batch: 2, Length, seed: 1);
        var first = Read(batches, 0, batches.StepsPerEpoch, 2);
        var second = Read(batches, batches.StepsPerEpoch, batches.StepsPerEpoch, 2);

        Assert.All(first, static row => Assert.Equal(row.Ids[1..], row.Targets[..^1]));
        Assert.NotEqual(first.Select(Text), second.Select(Text));
        Assert.Equal(first.Select(Text).Order(), second.Select(Text).Order());
        static string Text((long[] Ids, long[] Targets) row) => string.Join(' ', row.Ids);
    }

    // One row a step, in the order of the documents.
    private static long[][] Rows(params int[][] documents)
    {
        var batches = new TokenBatches(documents, Separator, int.MaxValue / 4, batch: 1, Length, seed: 1);
        return [.. Read(batches, 0, batches.StepsPerEpoch, 1).Select(static row => row.Ids).OrderBy(static ids => ids.Max())];
    }

    private static List<(long[] Ids, long[] Targets)> Read(TokenBatches batches, int firstStep, int steps, int batch)
    {
        var rows = new List<(long[], long[])>();
        var (ids, targets) = (new long[batch * Length], new long[batch * Length]);
        for (var step = firstStep; step < firstStep + steps; step++)
        {
            batches.Fill(step, ids, targets);
            rows.AddRange(Enumerable.Range(0, batch).Select(row => (Row(ids, row), Row(targets, row))));
        }

        return rows;

        long[] Row(long[] elements, int row) => [.. Enumerable.Range(0, Length).Select(position => elements[(position * batch) + row])];
    }
}
