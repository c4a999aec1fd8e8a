using System.Text.Json;
using GenAiLab.Experiments.Running;

namespace GenAiLab.Experiments.Tests.Running;

public sealed class ExperimentRunnerTests(HealthyLab healthy)
{
    [Fact]
    public async Task A_bound_beyond_the_limit_fails_although_the_point_is_within()
    {
        var report = await RunAsync(static _ => [new Measurement("share", 0.96, 0.94, 0.98, 400, Criterion.NotBelow(0.95))]);
        Assert.False(report.Passed);
        Assert.Contains("FAIL  share: 0.96 [0.94, 0.98], N 400, at least 0.95", string.Join('\n', ReportText.Lines(report)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_run_has_failed_and_says_why()
    {
        var report = await RunAsync(static _ => throw new ExperimentException("the model 'lab-x' is not served here"));
        Assert.False(report.Passed);
        Assert.Equal("the model 'lab-x' is not served here", report.Error);
        Assert.False((await RunAsync(static _ => [new Measurement("only reported", 1, 1, 1, 1, Criterion.Reported)])).Passed);
    }

    [Fact]
    public async Task The_scratch_folder_is_there_and_then_gone()
    {
        var folder = "";
        await RunAsync(context =>
        {
            folder = context.ScratchFolder;
            File.WriteAllText(Path.Combine(folder, "a"), "b");
            return [];
        });
        Assert.NotEqual("", folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Json_has_stable_names_and_no_number_that_is_none()
    {
        var report = await RunAsync(static _ => [new Measurement("a", double.NaN, double.NaN, double.NaN, 3, Criterion.NotAbove(0.5)), Measurement.Exact("b", 1e-7, 2, Criterion.Within(0, 1))]);
        using var json = JsonDocument.Parse(ReportJson.Write([report], seed: 7, quick: true));
        Assert.False(json.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal(7, json.RootElement.GetProperty("seed").GetInt32());
        var experiment = json.RootElement.GetProperty("experiments")[0];
        Assert.Equal("scripted", experiment.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, experiment.GetProperty("error").ValueKind);
        Assert.Equal(["what", "n", "value", "low", "high", "at_least", "at_most", "passed"], experiment.GetProperty("measurements")[0].EnumerateObject().Select(static field => field.Name));
        Assert.Equal(JsonValueKind.Null, experiment.GetProperty("measurements")[0].GetProperty("value").ValueKind);
        Assert.False(experiment.GetProperty("measurements")[0].GetProperty("passed").GetBoolean());
        Assert.Equal(1e-7, experiment.GetProperty("measurements")[1].GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Plots_are_in_the_json_under_stable_names()
    {
        var report = await RunAsync(static context =>
        {
            context.Plots.Add(new ExperimentPlot("t", "a", "u", [new PlotSeries("s", PlotForm.Bars, [new(0, 0.5, 0.4, double.NaN, 7), new(1, 0.25)])]) { Categories = ["x", "y"] });
            return [Measurement.Exact("b", 1, 2, Criterion.NotBelow(1))];
        });
        using var json = JsonDocument.Parse(ReportJson.Write([report], seed: 7, quick: true));
        var plot = Assert.Single(json.RootElement.GetProperty("experiments")[0].GetProperty("plots").EnumerateArray());
        Assert.Equal("""{"title":"t","across":"a","up":"u","categories":["x","y"],"series":[{"name":"s","form":"bars","points":[{"x":0,"y":0.5,"low":0.4,"high":null,"n":7},{"x":1,"y":0.25,"low":null,"high":null,"n":null}]}]}""",
            JsonSerializer.Serialize(plot));
    }

    [Fact]
    public async Task What_was_written_is_read_again()
    {
        var report = await RunAsync(static context =>
        {
            context.Plots.Add(new ExperimentPlot("t", "a", "u", [new PlotSeries("s", PlotForm.Line, [new(0, 0.5, 0.4, double.NaN, 7), new(1, double.NaN)])]) { Categories = ["x", "y"] });
            return [Measurement.Exact("b", double.NaN, 2, Criterion.NotBelow(1)), new Measurement("c", 1, 0.5, 2, 9, Criterion.Reported), Measurement.Exact("d", 1, 2, Criterion.Within(0, 1))];
        });
        var written = ReportJson.Write([report], seed: 7, quick: true);
        Assert.True(ReportJson.TryRead(written, out var read));
        Assert.Equal(written, ReportJson.Write(read, seed: 7, quick: true));
        Assert.Equal(report.Measurements.Select(static one => one.Criterion), read[0].Measurements.Select(static one => one.Criterion));
        Assert.Equal(Criterion.Reported, read[0].Measurements[1].Criterion);
        Assert.All(["", "{}", "[]", "{\"experiments\":[{}]}", written[..^9]], static text => Assert.False(ReportJson.TryRead(text, out _)));
    }

    [Fact]
    public void Each_experiment_says_what_it_has_to_reach() =>
        Assert.All(ExperimentCatalog.All, static experiment => Assert.All(experiment.Criteria, static criterion => Assert.NotEmpty(criterion)));

    [Fact]
    public void Names_are_unique_and_an_unknown_one_is_answered_with_the_known_ones()
    {
        var names = ExperimentCatalog.All.Select(static experiment => experiment.Name).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.All(names, static name => Assert.Matches("^[a-z][a-z-]+$", name));
        Assert.Contains("next-token", Assert.Throws<ExperimentException>(static () => ExperimentCatalog.Find("nonsense")).Message, StringComparison.Ordinal);
        Assert.Equal(
            ["opposites-pictures", "opposites-sounds", "opposites-films"], ExperimentCatalog.FindAll("opposites").Select(static experiment => experiment.Name));
        Assert.Equal("tokens", Assert.Single(ExperimentCatalog.FindAll("tokens")).Name);
        Assert.Throws<ExperimentException>(static () => ExperimentCatalog.FindAll("nonsense"));
    }

    private Task<ExperimentReport> RunAsync(Func<ExperimentContext, IReadOnlyList<Measurement>> measure) =>
        new ExperimentRunner(healthy.Lab).RunAsync(new Scripted(measure), TestContext.Current.CancellationToken);

    private sealed class Scripted(Func<ExperimentContext, IReadOnlyList<Measurement>> measure) : IExperiment
    {
        public string Name => "scripted";

        public string LessonSays => "Something.";

        public string Does => "Something else.";

        public IReadOnlyList<string> Criteria => ["at least something"];

        public Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation) => Task.FromResult(measure(context));
    }
}
