using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace GenAiLab.Benchmarks.Engine;

/// <summary>How fast the machine reads memory: what bounds a decode step of one stream.</summary>
internal sealed class MemoryBandwidth
{
    private readonly float[] _buffer = GC.AllocateUninitializedArray<float>(135_000_000);
    private readonly int _threads;
    private float _sum;

    /// <param name="threads">As many as the benchmark uses.</param>
    public MemoryBandwidth(int threads)
    {
        _threads = threads;

        // Pages that were never written are all the same one, and that stays in the cache.
        _buffer.AsSpan().Fill(1);
    }

    /// <summary>Bytes per second of one pass over a buffer far larger than any cache.</summary>
    public double Measure()
    {
        var part = _buffer.Length / _threads;
        var started = Stopwatch.GetTimestamp();
        Parallel.For(0, _threads, new ParallelOptions { MaxDegreeOfParallelism = _threads }, thread =>
        {
            var values = _buffer.AsSpan(thread * part, part);
            Vector512<float> a = default, b = default, c = default, d = default;
            for (var at = 0; at <= values.Length - 64; at += 64)
            {
                a += Vector512.Create<float>(values[at..]);
                b += Vector512.Create<float>(values[(at + 16)..]);
                c += Vector512.Create<float>(values[(at + 32)..]);
                d += Vector512.Create<float>(values[(at + 48)..]);
            }

            _sum += Vector512.Sum(a + b + c + d);
        });
        return (double)part * _threads * sizeof(float) / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
