using System.Runtime.InteropServices;

namespace GenAiLab.Benchmarks.Reporting;

/// <summary>What ran the benchmark.</summary>
public static class Machine
{
    /// <summary>Processor, cores, threads used, memory and runtime in one line.</summary>
    public static string Describe(int threads) =>
        $"{Processor()}, {Environment.ProcessorCount} cores, {threads} threads, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, ONNX Runtime {Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString()}";

    private static string Processor()
    {
        const string Information = "/proc/cpuinfo";
        return File.Exists(Information)
            ? File.ReadLines(Information).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown processor"
            : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
