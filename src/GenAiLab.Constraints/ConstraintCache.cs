namespace GenAiLab.Constraints;

/// <summary>
/// Compiled constraints, the last used ones, within bounds of number and memory. Whoever asks for one that is
/// being compiled waits for it. Compiles beside the callers, few at a time. Safe for use by several threads.
/// </summary>
/// <param name="entries">At most so many are kept; at least 1.</param>
/// <param name="bytes">Together they hold at most so much memory, but for the last used one.</param>
/// <param name="limits">What each may cost.</param>
/// <param name="compilations">How many are compiled at a time; at least 1.</param>
public sealed class ConstraintCache(int entries, long bytes, ConstraintLimits limits, int compilations = 1) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _byKey = [];
    private readonly LinkedList<Entry> _lastUsed = new();
    private readonly SemaphoreSlim _turns = new(compilations);
    private long _bytes;

    /// <summary>Constraints kept or in the making.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byKey.Count;
            }
        }
    }

    /// <summary>The constraint for a source and a vocabulary; the vocabulary counts by its identity.</summary>
    /// <exception cref="ConstraintException">It cannot be compiled; that is not remembered.</exception>
    public async Task<TokenConstraint> GetAsync(ConstraintSource source, ConstraintVocabulary vocabulary, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Task<TokenConstraint> constraint;
        lock (_lock)
        {
            var key = new Key(source, vocabulary);
            if (_byKey.TryGetValue(key, out var node))
            {
                _lastUsed.Remove(node);
                _lastUsed.AddFirst(node);
            }
            else
            {
                // One caller's cancellation must not take it from the others; the limits end it soon enough.
                node = _lastUsed.AddFirst(new Entry(key));
                _byKey.Add(key, node);
                node.Value.Constraint = Task.Run(() => CompileAsync(node), CancellationToken.None);
                Evict();
            }

            constraint = node.Value.Constraint;
        }

        return await constraint.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private async Task<TokenConstraint> CompileAsync(LinkedListNode<Entry> node)
    {
        try
        {
            await _turns.WaitAsync();
            TokenConstraint constraint;
            try
            {
                constraint = ConstraintCompiler.Compile(node.Value.Key.Source, node.Value.Key.Vocabulary, limits);
            }
            finally
            {
                _turns.Release();
            }

            lock (_lock)
            {
                if (node.List is not null)
                {
                    node.Value.Bytes = constraint.Bytes;
                    _bytes += constraint.Bytes;
                    Evict();
                }
            }

            return constraint;
        }
        catch
        {
            lock (_lock)
            {
                Remove(node);
            }

            throw;
        }
    }

    private void Evict()
    {
        while (_byKey.Count > 1 && (_byKey.Count > entries || _bytes > bytes))
        {
            Remove(_lastUsed.Last!);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        if (node.List is not null)
        {
            _lastUsed.Remove(node);
            _byKey.Remove(node.Value.Key);
            _bytes -= node.Value.Bytes;
        }
    }

    private readonly record struct Key(ConstraintSource Source, ConstraintVocabulary Vocabulary);

    private sealed class Entry(Key key)
    {
        public Key Key { get; } = key;

        public Task<TokenConstraint> Constraint { get; set; } = null!;

        public long Bytes { get; set; }
    }
}
