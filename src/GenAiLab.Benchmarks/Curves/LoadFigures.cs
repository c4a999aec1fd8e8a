using System.Diagnostics;
using GenAiLab.Benchmarks.Engine;

namespace GenAiLab.Benchmarks.Curves;

/// <summary>What loading a model cost.</summary>
/// <param name="Seconds">Until the first token could be run.</param>
/// <param name="ResidentBytes">Of the process afterwards.</param>
/// <param name="PeakBytes">Of the process, the most.</param>
public sealed record LoadFigures(double Seconds, long ResidentBytes, long PeakBytes)
{
    /// <summary>Loads a model in this process, which should have done nothing else: it is its memory that counts.</summary>
    public static LoadFigures Take(string folder, string format, int threads)
    {
        var started = Stopwatch.GetTimestamp();
        using var target = new EngineTarget(folder, format, slots: 1, threads, chunk: 128);
        target.Step(1, 0);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return new LoadFigures(seconds, process.WorkingSet64, process.PeakWorkingSet64);
    }
}
