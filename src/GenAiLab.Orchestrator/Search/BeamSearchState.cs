using GenAiLab.Orchestrator.Loop;

namespace GenAiLab.Orchestrator.Search;

/// <summary>
/// Beam search without a model: which continuations are kept, which are finished, and when it is over. Pure: the
/// same distributions give the same continuations, ties included.
/// <para>
/// In each step the continuations that could come next are looked at from the most probable one down, until `width`
/// unfinished ones were found; those that end and are met on the way are finished. So one that ends has to be as
/// probable as what is kept. At the greatest length the unfinished ones are finished as well.
/// </para>
/// </summary>
/// <param name="settings">Width and length penalty.</param>
/// <param name="maximumLength">In tokens; at least 1.</param>
/// <param name="ends">Whether a continuation is finished by its last token.</param>
internal sealed class BeamSearchState(BeamSettings settings, int maximumLength, Func<BeamHypothesis, bool> ends)
{
    private readonly List<FinishedHypothesis> _finished = [];

    /// <summary>Unfinished continuations, all of one length, the most probable first.</summary>
    public IReadOnlyList<BeamHypothesis> Live { get; private set; } = [BeamHypothesis.Empty];

    /// <summary>The best finished continuations, at most `width`, the best first; of equals the one found first.</summary>
    public IReadOnlyList<FinishedHypothesis> Finished => _finished;

    /// <summary>Nothing that could still be found would be among the `width` best.</summary>
    public bool IsOver => Live.Count == 0 || (_finished.Count == settings.Width
        && settings.Bound(Live[0].Sum, Live[0].Length, maximumLength) <= _finished[^1].Rating);

    /// <summary>One step.</summary>
    /// <param name="next">For each of <see cref="Live"/> the tokens that can follow, most probable first: all, or enough that `width` unfinished continuations are among them.</param>
    public void Advance(IReadOnlyList<IReadOnlyList<ChosenToken>> next)
    {
        // A heap of each continuation's best token that was not looked at yet. Ties go to the more probable parent.
        PriorityQueue<(int Parent, int Rank), (double Sum, int Parent)> heads = new(BestFirst.Instance);
        for (var parent = 0; parent < Live.Count; parent++)
        {
            Offer(parent, rank: 0);
        }

        List<BeamHypothesis> kept = [];
        while (kept.Count < settings.Width && heads.TryDequeue(out var head, out _))
        {
            var hypothesis = Live[head.Parent].With(next[head.Parent][head.Rank]);
            Offer(head.Parent, head.Rank + 1);
            if (ends(hypothesis))
            {
                Finish(hypothesis);
            }
            else
            {
                kept.Add(hypothesis);
            }
        }

        Live = kept;
        if (kept.Count > 0 && kept[0].Length >= maximumLength)
        {
            kept.ForEach(Finish);
            Live = [];
        }

        void Offer(int parent, int rank)
        {
            if (rank < next[parent].Count)
            {
                heads.Enqueue((parent, rank), (Live[parent].Sum + next[parent][rank].ProcessedLogProbability, parent));
            }
        }
    }

    private void Finish(BeamHypothesis hypothesis)
    {
        var rating = settings.Rate(hypothesis.Sum, hypothesis.Length);
        var place = _finished.FindIndex(other => other.Rating < rating);
        _finished.Insert(place < 0 ? _finished.Count : place, new FinishedHypothesis(hypothesis, rating));
        if (_finished.Count > settings.Width)
        {
            _finished.RemoveAt(_finished.Count - 1);
        }
    }

    private sealed class BestFirst : IComparer<(double Sum, int Parent)>
    {
        public static readonly BestFirst Instance = new();

        public int Compare((double Sum, int Parent) x, (double Sum, int Parent) y) =>
            x.Sum == y.Sum ? x.Parent.CompareTo(y.Parent) : y.Sum.CompareTo(x.Sum);
    }
}
