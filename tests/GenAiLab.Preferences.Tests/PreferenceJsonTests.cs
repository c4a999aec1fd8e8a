using System.Text;
using GenAiLab.Client;

namespace GenAiLab.Preferences.Tests;

public sealed class PreferenceJsonTests
{
    private const string Line =
        """{"id":"a","prompt":[{"role":"user","content":"Hi"}],"answer_a":"x","answer_b":"y","model_a":"m","model_b":"","preferred":"tie","rater":"ada","time":"2024-01-01T12:00:00.000001Z"}""";

    [Fact]
    public void A_line_that_is_read_is_written_the_same() =>
        Assert.Equal(Line, Encoding.UTF8.GetString(PreferenceJson.Write(PreferenceJson.Read(Encoding.UTF8.GetBytes(Line))).Span));

    [Theory]
    [InlineData("2024-01-01T14:00:00.000001+02:00")]
    [InlineData("2024-01-01T12:00:00.0000010Z")]
    public void Times_of_other_zones_and_digits_are_understood(string time) =>
        Assert.Equal(Read(Line), Read(Line.Replace("2024-01-01T12:00:00.000001Z", time, StringComparison.Ordinal)));

    [Theory]
    [InlineData("\"rater\":\"ada\",", "", "'rater' is missing")]
    [InlineData("\"rater\":", "\"ratter\":", "none of id, prompt")]
    [InlineData("\"tie\"", "\"c\"", "'preferred'")]
    [InlineData("\"x\"", "7", "'answer_a' is no string")]
    [InlineData("\"x\"", "\"\\ud800\"", "'answer_a' is no valid Unicode")]
    [InlineData("\"rater\":", "\"\\ud800\":", "no valid Unicode")]
    [InlineData("[{", "[[{", "JSON")]
    [InlineData("\"Hi\"}", "\"Hi\",\"name\":1}", "a message of 'prompt'")]
    [InlineData("2024-01-01T12:00:00.000001Z", "2024-01-01", "'time'")]
    [InlineData("\"id\":\"a\",", "\"id\":\"a\",\"id\":\"b\",", "JSON")]
    public void What_is_wrong_is_named(string part, string spoiled, string reason)
    {
        var error = Assert.Throws<FormatException>(() => Read(Line.Replace(part, spoiled, StringComparison.Ordinal)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(Line);
        bytes[Line.IndexOf("Hi", StringComparison.Ordinal)] = 0xFF;
        Assert.Throws<FormatException>(() => PreferenceJson.Read(bytes));
    }

    private static V1.Preference Read(string line) => PreferenceJson.Read(Encoding.UTF8.GetBytes(line));
}
