using System.Text;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Vocabulary;

namespace GenAiLab.Orchestrator.Search;

/// <summary>
/// Whether a continuation is finished by its last token: the rules of <see cref="GenerationLoop"/>, asked of many texts
/// that have their beginnings in common, and so without a state of their own.
/// </summary>
internal sealed class BeamEndings(LoopRules rules, PieceTable pieces)
{
    private readonly byte[][] _stops = [.. rules.StopSequences.Select(Encoding.UTF8.GetBytes)];
    private readonly int _longest = rules.StopSequences.Select(Encoding.UTF8.GetByteCount).DefaultIfEmpty().Max();

    /// <param name="hypothesis">At least one token long; the one that it grew from is not finished.</param>
    public bool AreMetBy(BeamHypothesis hypothesis)
    {
        var id = hypothesis.Token.Id;
        if (rules.EndOfSequenceIds.Contains(id))
        {
            return true;
        }

        return _stops.Length > 0 && Counts(hypothesis) && pieces[id].Length > 0 && HasStop(hypothesis);
    }

    // A stop sequence that ends in the last token begins at most so many bytes before it.
    private bool HasStop(BeamHypothesis hypothesis)
    {
        List<byte[]> parts = [pieces[hypothesis.Token.Id].ToByteArray()];
        var before = 0;
        for (var at = hypothesis.Parent!; at.Parent is not null && before < _longest - 1; at = at.Parent)
        {
            if (Counts(at))
            {
                parts.Add(pieces[at.Token.Id].ToByteArray());
                before += parts[^1].Length;
            }
        }

        byte[] text = [.. Enumerable.Reverse(parts).SelectMany(static part => part)];
        return _stops.Any(stop => text.AsSpan().IndexOf(stop) >= 0);
    }

    // Control tokens are no text, and before min_tokens no stop sequence is looked for.
    private bool Counts(BeamHypothesis hypothesis) => hypothesis.Length >= rules.MinTokens && !pieces.IsSpecial(hypothesis.Token.Id);
}
