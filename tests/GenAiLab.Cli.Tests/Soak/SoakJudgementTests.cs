using System.Text.Json;
using GenAiLab.Cli.Chaos;
using GenAiLab.Cli.Soak;

namespace GenAiLab.Cli.Tests.Soak;

/// <summary>Each criterion, missed: a run that finds nothing has to be able to find something.</summary>
public sealed class SoakJudgementTests
{
    private const double Mega = 1e6;

    [Fact]
    public void What_is_flat_but_for_noise_and_a_slow_start_holds()
    {
        // 60 MB come in the first five minutes; later readings are off by up to 2 MB, and one in ten by 40.
        var figures = Figures(static (minute, at) => (100 * Mega) + (Mega * (Math.Min(minute, 5) * 12)) + (Mega * ((at * 7 % 5) - 2)) + (at % 10 == 3 ? 40 * Mega : 0));

        var criteria = SoakJudgement.Judge(figures);

        Assert.DoesNotContain(criteria, static criterion => criterion.IsMissed);
        Assert.InRange(Find(criteria, "decoder", "slope").Figure, -0.5, 0.5);
        Assert.EndsWith("Every criterion that could be judged held.", SoakReport.Lines(figures, criteria).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_leak_of_two_megabytes_an_hour_is_told_from_noise_and_names_its_service()
    {
        var figures = Figures(static (minute, at) => (100 * Mega) + (Mega * minute / 30) + (Mega * ((at * 7 % 5) - 2)));

        var slope = Assert.Single(SoakJudgement.Judge(figures), static criterion => criterion.IsMissed);

        Assert.Equal(("decoder", "slope of the resident memory", "MB/h"), (slope.Subject, slope.What, slope.Unit));
        Assert.InRange(slope.Figure, 1.7, 2.3);
        Assert.InRange(slope.Figure, slope.Interval!.Value.Low, slope.Interval!.Value.High);
        Assert.True(slope.Interval!.Value.Low > 0, "the interval of a leak of 2 MB/h has no zero in it");
    }

    [Fact]
    public void A_long_run_has_the_slope_of_a_short_one()
    {
        var figures = Figures(static (minute, at) => (100 * Mega) + (Mega * minute / 20) + (Mega * ((at * 7 % 5) - 2)), secondsOfASample: 0.5);

        Assert.InRange(Find(SoakJudgement.Judge(figures), "decoder", "slope").Figure, 2.9, 3.1);
    }

    [Theory]
    [InlineData("handles")]
    [InlineData("threads")]
    [InlineData("slots in use, last sixth")]
    public void What_drifts_is_told(string what)
    {
        var figures = Figures(static (_, _) => 100 * Mega);
        // One more every two minutes; the first ten do not count.
        var samples = figures.Samples
            .Select(sample => what switch
            {
                "handles" => With(sample, static (print, more) => print with { Handles = print.Handles + more }),
                "threads" => With(sample, static (print, more) => print with { Threads = print.Threads + more }),
                _ => sample with { Slots = sample.Slots + ((int)sample.At.TotalMinutes / 2) },
            })
            .ToList();

        var missed = Assert.Single(SoakJudgement.Judge(figures with { Samples = samples }), static criterion => criterion.IsMissed);

        Assert.StartsWith(what, missed.What, StringComparison.Ordinal);
        Assert.Equal(20, missed.Figure);

        static SoakSample With(SoakSample sample, Func<ProcessFootprint, int, ProcessFootprint> more) => sample with
        {
            Services = sample.Services.ToDictionary(
                static one => one.Key, one => one.Key == "decoder" ? more(one.Value, (int)sample.At.TotalMinutes / 2) : one.Value),
        };
    }

    [Fact]
    public void Slots_that_are_left_and_requests_that_failed_are_told()
    {
        var figures = Figures(static (_, _) => 100 * Mega);
        figures = figures with { After = figures.After with { Slots = 1 }, FailedCount = 3, Failures = ["chat: Internal: no"] };

        var criteria = SoakJudgement.Judge(figures);

        Assert.Collection(
            criteria.Where(static criterion => criterion.IsMissed),
            static slots => Assert.Equal(("decoder", "slots in use after the last request", 1.0), (slots.Subject, slots.What, slots.Figure)),
            static failed => Assert.Equal(("requests", 3.0), (failed.Subject, failed.Figure)));
        Assert.Contains(SoakReport.Lines(figures, criteria), static line => line.Contains("chat: Internal: no", StringComparison.Ordinal));
        Assert.EndsWith("2 criteria missed.", SoakReport.Lines(figures, criteria).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_p99_that_has_risen_by_more_than_a_tenth_is_missed_and_one_of_few_requests_is_not_judged()
    {
        List<double> usual = [.. Enumerable.Range(1, 200).Select(static at => at / 1_000.0)];
        SoakLatencies[] latencies =
        [
            new("steady", 400, usual, [.. usual.Select(static seconds => seconds * 1.09)]),
            new("slower", 400, usual, [.. usual.Select(static seconds => seconds * 1.11)]),
            new("quicker", 400, usual, [.. usual.Select(static seconds => seconds / 2)]),
            new("rare", 199, [.. usual.Take(99)], [.. usual.Take(100).Select(static seconds => seconds * 9)]),
            new("never", 0, [], []),
        ];

        var criteria = SoakJudgement.Judge(Figures(static (_, _) => 100 * Mega) with { Latencies = latencies });

        Assert.Equal("slower", Assert.Single(criteria, static criterion => criterion.IsMissed).Subject);
        Assert.Equal(1.11, Find(criteria, "slower", "p99").Figure, 6);
        Assert.Equal(["rare", "never"], criteria.Where(static criterion => criterion.NotJudged is not null).Select(static criterion => criterion.Subject));
    }

    [Fact]
    public void Json_has_each_criterion_and_each_sample_and_is_read_by_others()
    {
        var figures = Figures(static (_, _) => 100 * Mega) with { Latencies = [new("never", 0, [], [])] };
        var criteria = SoakJudgement.Judge(figures);

        using var json = JsonDocument.Parse(SoakReport.Json(figures, criteria));

        Assert.True(json.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal(criteria.Count, json.RootElement.GetProperty("criteria").GetArrayLength());
        Assert.Equal(figures.Samples.Count + 1, json.RootElement.GetProperty("samples").GetArrayLength());
        Assert.Equal(1, json.RootElement.GetProperty("criteria")[0].GetProperty("limit").GetDouble());
        Assert.Equal("not judged", json.RootElement.GetProperty("criteria")[criteria.Count - 1].GetProperty("verdict").GetString());
    }

    private static SoakCriterion Find(IReadOnlyList<SoakCriterion> criteria, string subject, string what) =>
        criteria.Single(criterion => criterion.Subject == subject && criterion.What.StartsWith(what, StringComparison.Ordinal));

    // An hour; the tokenizer is as it was, and the decoder's memory is what the caller says by minute and by number.
    private static SoakFigures Figures(Func<double, int, double> decoderBytes, double secondsOfASample = 10)
    {
        List<SoakSample> samples = [.. Enumerable.Range(0, (int)(3_600 / secondsOfASample)).Select(at => Sample(at * secondsOfASample / 60, at))];
        return new SoakFigures(new SoakSettings(), samples, [], 0, [], Sample(60, 1) with { Slots = 0 });

        SoakSample Sample(double minute, int at) => new(
            TimeSpan.FromMinutes(minute),
            new Dictionary<string, ProcessFootprint>
            {
                ["tokenizer"] = new((long)(80 * Mega), 100, 20, 30),
                ["decoder"] = new((long)decoderBytes(minute, at), 120 + (at % 3), 40, 50 + (at % 2)),
            },
            6 + (at % 2));
    }
}
