using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints;

/// <summary>
/// Makes a grammar deterministic while it is used: a state is the set of all places where the text may be, and
/// is made when a text first comes there. What it remembers is bounded; when that is full it forgets all of it.
/// </summary>
internal sealed class TokenAutomaton
{
    private const int StateBytes = 480;
    private readonly Lock _lock = new();
    private readonly Grammar _grammar;
    private readonly CompiledGrammar _compiled;
    private readonly long _limitBytes;
    private readonly Configurations _configurations;
    private readonly Dictionary<StateKey, ConstraintState> _states = [];
    private readonly Dictionary<Caller[], Frame> _frames = new(new CallerComparer());
    private readonly Dictionary<Caller[], Frame> _nestedFrames = new(new CallerComparer());
    private long _bytes;
    private long _frameNumber;

    public TokenAutomaton(CompiledGrammar compiled, ConstraintVocabulary vocabulary, long cacheBytes)
    {
        (_grammar, _compiled, Vocabulary, _limitBytes) = (compiled.Grammar, compiled, vocabulary, cacheBytes);
        _configurations = new Configurations(_grammar, compiled, FrameOf);
        Root = new Frame([], 0, 0, 0);
        lock (_lock)
        {
            _configurations.Clear();
            _configurations.Add(_grammar.Start, Root);
            Start = Intern();
        }
    }

    public ConstraintVocabulary Vocabulary { get; }

    public ConstraintState Start { get; }

    private Frame Root { get; }

    /// <summary>States remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _states.Count;
            }
        }
    }

    /// <summary>Divides the bytes that may follow a state into segments that lead to the same state each.</summary>
    public void Prepare(ConstraintState state)
    {
        lock (_lock)
        {
            if (state.HasSegments)
            {
                return;
            }

            Span<int> covers = stackalloc int[257];
            Span<bool> borders = stackalloc bool[257];
            covers.Clear();
            borders.Clear();
            foreach (var (place, _) in state.Configurations)
            {
                foreach (var move in _grammar.Moves(place))
                {
                    if (_compiled.IsAlive(move.To))
                    {
                        covers[move.First]++;
                        covers[move.Last + 1]--;
                        borders[move.First] = borders[move.Last + 1] = true;
                    }
                }
            }

            var segments = new byte[256];
            var (count, cover) = (0, 0);
            for (var value = 0; value < 256; value++)
            {
                cover += covers[value];
                if (cover > 0 && borders[value])
                {
                    count++;
                }

                // A byte is enough: some bytes are never part of UTF-8 and leave every constraint.
                segments[value] = cover > 0 ? (byte)count : (byte)0;
            }

            state.SetSegments(segments, count);
            _bytes += 8L * count;
        }
    }

    /// <summary>The state behind a byte of a segment.</summary>
    public ConstraintState Step(ConstraintState state, byte value, int segment)
    {
        lock (_lock)
        {
            if (state.Target(segment) is { } known)
            {
                return known;
            }

            _configurations.Clear();
            foreach (var (place, frame) in state.Configurations)
            {
                foreach (var move in _grammar.Moves(place))
                {
                    if (value >= move.First && value <= move.Last)
                    {
                        _configurations.Add(move.To, frame);
                    }
                }
            }

            var target = Intern();
            state.SetTarget(segment, target);
            return target;
        }
    }

    /// <summary>Keeps a mask with its state.</summary>
    public TokenMask Remember(ConstraintState state, TokenMask mask)
    {
        lock (_lock)
        {
            if (!state.HasMask)
            {
                state.SetMask(mask);
                _bytes += mask.Bits.Length + 64;
            }

            return mask;
        }
    }

    private ConstraintState Intern()
    {
        _configurations.Close();
        var key = new StateKey([.. _configurations.Reading], _configurations.IsSatisfied);
        if (_states.TryGetValue(key, out var state))
        {
            return state;
        }

        if (_bytes > _limitBytes)
        {
            Forget();
        }

        state = new ConstraintState(this, key.Configurations, key.IsSatisfied, _configurations.Tokens);
        _states.Add(key, state);
        _bytes += StateBytes + (16L * key.Configurations.Length);
        return state;
    }

    private Frame FrameOf(Caller[] callers, bool nests)
    {
        var frames = nests ? _nestedFrames : _frames;
        if (!frames.TryGetValue(callers, out var frame))
        {
            var tokens = TokenDistances.None;
            foreach (var (place, parent) in callers)
            {
                tokens = Math.Min(tokens, TokenDistances.Sum(_compiled.Tokens(place), parent.Tokens));
            }

            // Callers of one rule at one place of the text are nested equally: the text says how deeply.
            frame = new Frame(callers, callers[0].Parent.Nesting + (nests ? 1 : 0), tokens, ++_frameNumber);
            frames.Add(callers, frame);
            _bytes += 128 + (16L * callers.Length);
        }

        return frame;
    }

    // Texts in progress keep their own states and frames; all others are collected and made again when needed.
    private void Forget()
    {
        foreach (var state in _states.Values)
        {
            state.Forget();
        }

        _states.Clear();
        _frames.Clear();
        _nestedFrames.Clear();
        _bytes = 0;
    }

    private readonly record struct StateKey(Configuration[] Configurations, bool IsSatisfied)
    {
        public bool Equals(StateKey other) =>
            IsSatisfied == other.IsSatisfied && Configurations.AsSpan().SequenceEqual(other.Configurations);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(IsSatisfied);
            foreach (var (state, frame) in Configurations)
            {
                hash.Add(state);
                hash.Add(frame.Number);
            }

            return hash.ToHashCode();
        }
    }
}
