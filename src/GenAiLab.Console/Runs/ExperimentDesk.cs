using GenAiLab.Client;
using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;
using GenAiLab.WebConsole.Services;

namespace GenAiLab.WebConsole.Runs;

/// <summary>
/// Where experiments are run, one at a time for all users: some train on this machine's processors, and those that time
/// would time each other. A run belongs to nobody's page: it goes on when the page is left, and every page sees it. Of each
/// experiment the last run is kept. Thread-safe.
/// </summary>
internal sealed class ExperimentDesk(LabServices services, LabProgram program, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // What is worth reading of what it said.
    private const int KeptLines = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ExperimentRun> _last = new(StringComparer.Ordinal);
    private CancellationTokenSource? _stop;
    private string? _running;

    /// <summary>A run began, said something or ended. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>The run that goes on; null: none.</summary>
    public ExperimentRun? Current
    {
        get
        {
            lock (_lock)
            {
                return _running is null ? null : _last[_running];
            }
        }
    }

    /// <summary>Whether an experiment can be run here: one that starts labs of its own needs the lab's program.</summary>
    public bool CanRun(IExperiment experiment) => experiment.Obstacle is null && (!experiment.StartsLabs || program.IsThere);

    /// <summary>The newest run of an experiment; null: there was none.</summary>
    public ExperimentRun? Last(string experiment)
    {
        lock (_lock)
        {
            return _last.GetValueOrDefault(experiment);
        }
    }

    /// <summary>Starts a run, and does not wait for its end.</summary>
    /// <returns>False: another one is ahead, which is <see cref="Current"/>.</returns>
    public bool TryStart(IExperiment experiment, int seed, bool quick)
    {
        CancellationTokenSource stop;
        lock (_lock)
        {
            if (_running is not null)
            {
                return false;
            }

            stop = _stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
            _running = experiment.Name;
            _last[experiment.Name] = new ExperimentRun(experiment, seed, quick, time.GetUtcNow());
        }

        Changed?.Invoke();
        // Not on the page's thread, which has users to answer: an experiment may compute for minutes between two awaits.
        _ = Task.Run(() => RunAsync(experiment, seed, quick, stop), CancellationToken.None);
        return true;
    }

    /// <summary>Asks an experiment's run to end, if it goes on.</summary>
    public void Cancel(string experiment)
    {
        lock (_lock)
        {
            if (_running != experiment)
            {
                return;
            }

            _last[experiment] = _last[experiment] with { Cancelled = true };
            // What hears of it is called by another thread: this one holds the lock.
            _ = _stop!.CancelAsync();
        }

        Changed?.Invoke();
    }

    private async Task RunAsync(IExperiment experiment, int seed, bool quick, CancellationTokenSource stop)
    {
        ExperimentReport? report = null;
        try
        {
            report = experiment.StartsLabs
                ? await program.RunAsync(experiment, seed, quick, new Lines(this, experiment.Name), stop.Token)
                : await RunHereAsync(experiment, seed, quick, stop.Token);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Whatever a call or a training throws that is interrupted.
        }
        catch (Exception error)
        {
            // What no experiment throws, such as a disk without room for its scratch folder.
            report = new ExperimentReport(experiment.Name, experiment.LessonSays, experiment.Does, [], 0, error.Message);
        }
        finally
        {
            lock (_lock)
            {
                _last[experiment.Name] = _last[experiment.Name] with { Report = report, Cancelled = report is null, IsRunning = false };
                (_running, _stop) = (null, null);
            }

            stop.Dispose();
            Changed?.Invoke();
        }
    }

    private async Task<ExperimentReport> RunHereAsync(IExperiment experiment, int seed, bool quick, CancellationToken cancellation)
    {
        await using var lab = new ConnectedLab(services.Addresses, LabCredentials.FromEnvironment());
        // One thread of training: the services and the pages need the others.
        return await new ExperimentRunner(lab, seed, quick) { Threads = 1, Progress = new Lines(this, experiment.Name) }.RunAsync(experiment, cancellation);
    }

    private void Say(string experiment, string line)
    {
        lock (_lock)
        {
            var run = _last[experiment];
            _last[experiment] = run with { Said = [.. run.Said.TakeLast(KeptLines - 1), line] };
        }

        Changed?.Invoke();
    }

    // Not Progress<T>: its lines would come late and out of order.
    private sealed class Lines(ExperimentDesk desk, string experiment) : IProgress<string>
    {
        public void Report(string value) => desk.Say(experiment, value);
    }
}
