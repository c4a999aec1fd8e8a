using GenAiLab.Cli.Soak;
using GenAiLab.V1;
using Google.Protobuf.Reflection;

namespace GenAiLab.EndToEnd.Resilience;

/// <summary>
/// <c>lab soak</c> against a lab of processes. By default as long as it takes to see the machinery work; with
/// <c>GENAILAB_SOAK=1</c> for three minutes. The slope of the memory and p99 are for the command to judge: so short a run cannot tell.
/// </summary>
[Trait("Soak", "Mixed")]
public sealed class SoakTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    // From them there is no way back.
    private static readonly string[] LeftOut = ["/genailab.v1.DecoderControl/Drain", "/genailab.v1.DecoderControl/Kill"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    [Fact]
    public async Task Requests_of_all_kinds_have_the_answers_that_they_had_before_and_leave_no_slot_handle_or_thread()
    {
        var settings = new SoakSettings
        {
            Seed = 5,
            Duration = TimeSpan.FromSeconds(IsLong ? 180 : 5),
            SamplePeriod = TimeSpan.FromSeconds(IsLong ? 2 : 0.25),
            Variants = IsLong ? SoakMix.Variants : 1,
        };
        await using var lab = await SoakLab.StartAsync(Path.Combine(Lab.Repository, "models"), threads: 1, Cancellation).WaitAsync(Limit, Cancellation);

        var figures = await new SoakRun(lab, settings, sample => output.WriteLine(SoakReport.Line(sample))).RunAsync(Cancellation).WaitAsync(Limit, Cancellation);

        var criteria = SoakJudgement.Judge(figures);
        output.WriteLine(string.Join('\n', SoakReport.Lines(figures, criteria)));
        if (figures.FailedCount > 0)
        {
            output.WriteLine(string.Join('\n', SoakLab.Services.SelectMany(service => lab.Process(service).Lines.Select(line => $"[{service}] {line}"))));
        }

        Assert.Empty(figures.Failures);
        Assert.Equal(0, figures.FailedCount);
        Assert.Equal(0, figures.After.Slots);
        Assert.True(figures.Latencies.Sum(static kind => kind.Count) >= settings.Clients);
        Assert.Equal([], AllMethods().Except(lab.Called.Names));
        if (IsLong)
        {
            Assert.DoesNotContain(criteria, static criterion => criterion.IsMissed && criterion.What.Split(',')[0] is ("handles" or "threads" or "slots in use"));
        }
    }

    private static IEnumerable<string> AllMethods() =>
        new FileDescriptor[] { OrchestratorReflection.Descriptor, DecoderReflection.Descriptor, TokenizerReflection.Descriptor, ClassifierReflection.Descriptor, PreferencesReflection.Descriptor }
            .SelectMany(static file => file.Services)
            .SelectMany(static service => service.Methods)
            .Select(static method => $"/{method.Service.FullName}/{method.Name}")
            .Where(static name => !LeftOut.Contains(name));
}
