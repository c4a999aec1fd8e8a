using GenAiLab.Experiments.Tests;

// Experiments measure time, and the machine may be small: one at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(HealthyLab))]

namespace GenAiLab.Experiments.Tests;

/// <summary>One lab in order, for all tests.</summary>
public sealed class HealthyLab : IAsyncLifetime
{
    public TestLab Lab { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Lab = await TestLab.StartAsync();

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}
