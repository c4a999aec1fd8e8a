namespace GenAiLab.EndToEnd;

/// <summary>The engine's commands, typed as they stand in docs/decode-engine.md.</summary>
public sealed class EngineCommandTests
{
    [Fact]
    public async Task A_folder_is_quantised_and_generates()
    {
        var root = Directory.CreateTempSubdirectory("lab-quantise-").FullName;
        try
        {
            var target = Path.Combine(root, "lab-base");
            var (exitCode, output, errors) = await Lab.RunAsync("models", "quantize", "lab-base", "--format", "int8", "--out", target);
            Assert.Equal(("", 0), (errors, exitCode));
            Assert.Contains("matrix products as int8", output, StringComparison.Ordinal);

            (exitCode, output, errors) = await Lab.RunAsync(
                "generate", "The capital of France is", "--max-tokens", "2", "--temperature", "0", "--models", root);
            Assert.Equal(("", " Paris.\n", 0), (errors, output, exitCode));

            (exitCode, _, errors) = await Lab.RunAsync("models", "quantize", "lab-base", "--format", "int8", "--out", target);
            Assert.Equal(1, exitCode);
            Assert.Contains("--force", errors, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task The_engine_is_measured_and_the_results_are_written()
    {
        var work = Directory.CreateTempSubdirectory("lab-bench-").FullName;
        try
        {
            var (exitCode, output, errors) = await Lab.RunAsync(
                "bench", "engine", "--shape", "tiny", "--format", "fp32", "--streams", "1", "2", "--prompt", "16", "--depth", "8", "--rounds", "1", "--peer", "none",
                "--work", work, "--out", work);
            Assert.Equal(("", 0), (errors, exitCode));
            Assert.Equal(3, output.Split('\n').Count(static line => line.Contains("tokens/s", StringComparison.Ordinal)));
            Assert.True(File.Exists(Path.Combine(work, "results.json")));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    [Fact]
    public async Task Batches_and_idle_connections_are_measured_as_curves()
    {
        var work = Directory.CreateTempSubdirectory("lab-bench-").FullName;
        try
        {
            var (exitCode, output, errors) = await Lab.RunAsync(
                "bench", "curves", "--curve", "batch", "idle", "--shape", "tiny", "--format", "fp32", "--threads", "1", "--rounds", "1", "--connections", "0", "20",
                "--work", work, "--out", work);
            Assert.Equal(("", 0), (errors, exitCode));
            Assert.Contains("idle connections        20", output, StringComparison.Ordinal);
            Assert.All(new[] { "batch", "idle-time", "idle-memory" }, name => Assert.True(File.Exists(Path.Combine(work, $"{name}.png"))));

            (exitCode, _, errors) = await Lab.RunAsync("bench", "curves", "--curve", "sideways", "--work", work, "--out", work);
            Assert.Equal(1, exitCode);
            Assert.Contains("vocabulary", errors, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    [Fact]
    public async Task What_decomposition_costs_is_measured_through_real_services()
    {
        var work = Directory.CreateTempSubdirectory("lab-bench-").FullName;
        try
        {
            var (exitCode, output, errors) = await Lab.RunAsync(
                "bench", "decomposition", "--shape", "tiny", "--tokens", "8", "--prompt", "4", "--rounds", "1", "--threads", "1", "--no-spinning", "--work", work);
            Assert.Equal(("", 0), (errors, exitCode));
            foreach (var way in new[] { "bare loop", "engine in process", "decoder over gRPC, pushdown", "all services, pushdown", "all services, step" })
            {
                Assert.Contains(way, output, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    [Theory]
    [InlineData("no shape", "bench", "engine", "--shape", "large", "--peer", "none")]
    [InlineData("no weight format", "bench", "engine", "--format", "int3", "--peer", "none")]
    [InlineData("genai_config.json", "models", "quantize", "nosuch", "--format", "int8", "--out", "x")]
    [InlineData("at load", "models", "quantize", "lab-base", "--format", "int8-row", "--out", "x")]
    public async Task What_cannot_be_done_is_said(string message, params string[] arguments)
    {
        var (exitCode, _, errors) = await Lab.RunAsync(arguments);
        Assert.Equal(1, exitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }
}
