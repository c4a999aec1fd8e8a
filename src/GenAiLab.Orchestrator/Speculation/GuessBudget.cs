namespace GenAiLab.Orchestrator.Speculation;

/// <summary>
/// How many tokens to guess next, from how the last guesses fared: as long as all are kept, twice as many; after a
/// miss, as many as were kept and one; and where nothing is kept time and again, none for a while. Pure: the same
/// history gives the same numbers. It decides how fast a text comes, never what it says.
/// </summary>
/// <param name="maximum">The most tokens guessed at a time.</param>
internal sealed class GuessBudget(int maximum)
{
    /// <summary>The longest time without a guess, in steps.</summary>
    public const int LongestPause = 32;

    private readonly int _maximum = maximum;
    private int _next = maximum;
    private int _failures;
    private int _pause;

    /// <summary>Tokens to guess in this step; 0: it is not worth the trouble.</summary>
    public int Next() => _pause > 0 ? 0 : _next;

    /// <summary>A step was done.</summary>
    /// <param name="guessed">Tokens that were guessed; 0: none were.</param>
    /// <param name="kept">How many of them were right.</param>
    public void Learn(int guessed, int kept)
    {
        if (guessed == 0)
        {
            _pause = Math.Max(0, _pause - 1);
            return;
        }

        _next = Math.Clamp(kept == guessed ? 2 * guessed : kept + 1, 1, _maximum);
        _failures = kept == 0 ? _failures + 1 : 0;
        // The second failure in a row costs one step, each further one twice as many.
        _pause = _failures < 2 ? 0 : Math.Min(LongestPause, 1 << Math.Min(_failures - 2, 16));
    }
}
