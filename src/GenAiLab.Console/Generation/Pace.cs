namespace GenAiLab.WebConsole.Generation;

/// <summary>Play, pause and step: lets the reader of a stream through, or holds it before the next token. Thread-safe.</summary>
public sealed class Pace
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _held;
    private int _steps;

    /// <summary>Whether the reader is held.</summary>
    public bool IsPaused { get; private set; }

    public void Pause()
    {
        lock (_lock)
        {
            IsPaused = true;
        }
    }

    public void Play()
    {
        lock (_lock)
        {
            IsPaused = false;
            _held?.TrySetResult();
        }
    }

    /// <summary>Lets one token through.</summary>
    public void Step()
    {
        lock (_lock)
        {
            IsPaused = true;
            _steps++;
            _held?.TrySetResult();
        }
    }

    /// <summary>Returns when the next token may be taken.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task held;
            lock (_lock)
            {
                if (!IsPaused)
                {
                    return;
                }

                if (_steps > 0)
                {
                    _steps--;
                    return;
                }

                _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                held = _held.Task;
            }

            await held.WaitAsync(cancellation);
        }
    }
}
