using System.Diagnostics;
using System.Globalization;
using GenAiLab.Training.Base;

namespace GenAiLab.Cli.Printing;

/// <summary>
/// Progress of a training: one line that is written over on a terminal, a line every ten seconds elsewhere.
/// Called from one thread.
/// </summary>
internal sealed class TrainingBar(TextWriter output) : IProgress<TrainingProgress>, IDisposable
{
    private const int Width = 24;
    private readonly bool _terminal = !Console.IsOutputRedirected;
    private readonly Stopwatch _since = new();
    private bool _open;

    public void Report(TrainingProgress value)
    {
        var interval = _terminal ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10);
        if (_since.IsRunning && _since.Elapsed < interval && value.Step < value.Steps)
        {
            return;
        }

        _since.Restart();
        var done = Width * value.Step / value.Steps;
        var heldOut = value.HeldOutLoss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", held out {loss:0.000}") : "";
        var figures = string.Concat(value.Figures.Select(static figure => string.Create(CultureInfo.InvariantCulture, $", {figure.Key.Replace('_', ' ')} {figure.Value:0.###}")));
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{new string('█', done)}{new string('░', Width - done)} {value.Step}/{value.Steps}  loss {value.Loss:0.000}{heldOut}{figures}  {value.TokensPerSecond:N0} tokens/s  {value.TimeLeft:hh\\:mm\\:ss} left");
        output.Write(_terminal ? $"\r{line,-110}" : line + "\n");
        output.Flush();
        _open = _terminal;
    }

    /// <summary>A line of its own.</summary>
    public void Say(string text)
    {
        Dispose();
        output.WriteLine(text);
    }

    public void Dispose()
    {
        if (_open)
        {
            output.WriteLine();
            _open = false;
        }
    }
}
