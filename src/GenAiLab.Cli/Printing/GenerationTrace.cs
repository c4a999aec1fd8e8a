using System.Globalization;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Cli.Printing;

/// <summary>
/// The autoregressive loop as the lesson draws it, a line per step: what was fed to the model, the
/// token that came out, its probability, what else could have come, and where the time went.
/// </summary>
internal sealed class GenerationTrace(TextWriter output) : IGenerationPrinter
{
    /// <summary>How many alternatives a line has room for.</summary>
    public const int Alternatives = 4;

    private ByteString? _fed;
    private int _promptTokens;

    public void Print(GenerateResponse response)
    {
        switch (response.EventCase)
        {
            case GenerateResponse.EventOneofCase.Started:
                PrintStarted(response.Started);
                break;
            case GenerateResponse.EventOneofCase.Token:
                PrintToken(response.Token);
                break;
            case GenerateResponse.EventOneofCase.Finished:
                PrintFinished(response.Finished);
                break;
        }

        output.Flush();
    }

    private void PrintStarted(GenerationStarted started)
    {
        _promptTokens = started.Prompt.Count;
        output.WriteLine($"model      {started.Model}, window {started.ContextLength} tokens, {started.Mode.ToString().ToLowerInvariant()} mode, seed {started.Seed}");
        output.WriteLine($"prompt     {string.Join(' ', started.Prompt.Select(static token => TokenText.Quote(token.Piece)))}");
        output.WriteLine($"           {started.Prompt.Count} tokens of the vocabulary {started.Vocabulary.Name} ({started.Vocabulary.Size:N0} entries), tokenized in {Milliseconds(started.TokenizeNanoseconds)}");
        if (started.TraceId.Length > 0)
        {
            output.WriteLine($"trace      {started.TraceId}");
        }

        output.WriteLine();
    }

    private void PrintToken(GeneratedToken token)
    {
        var fed = _fed is null ? $"prompt ({_promptTokens} tokens)" : TokenText.Quote(_fed);
        var chosen = $"{TokenText.Quote(token.Piece)} {Percent(token.Probability)}";
        output.WriteLine($"{token.Index + 1,4}  {fed,-20} → model → {chosen,-24} {Others(token)}");
        output.WriteLine($"      {Times(token.Timing)}");
        _fed = token.Piece;
    }

    private void PrintFinished(GenerationFinished finished)
    {
        var seconds = finished.TotalNanoseconds / 1e9;
        output.WriteLine();
        output.WriteLine(
            $"finished   {Reason(finished)}; {finished.PromptTokens} tokens in, {finished.GeneratedTokens} out; " +
            $"first token after {Milliseconds(finished.TimeToFirstTokenNanoseconds)}, " +
            string.Create(CultureInfo.InvariantCulture, $"{(seconds > 0 ? finished.GeneratedTokens / seconds : 0):0} tokens/s"));
        if (finished.DraftedTokens > 0)
        {
            output.WriteLine($"guessed    {finished.DraftedTokens} tokens ahead, {finished.AcceptedTokens} of them rightly");
        }
    }

    /// <summary>Why a generation ended, in words.</summary>
    public static string Reason(GenerationFinished finished) => finished.Reason switch
    {
        FinishReason.StopSequence => $"stop sequence {TokenText.Quote(ByteString.CopyFromUtf8(finished.StopSequence))}",
        FinishReason.EndOfSequence => "end of sequence",
        FinishReason.MaxTokens => "max tokens",
        FinishReason.ContextFull => "context window full",
        _ => finished.Reason.ToString().ToLowerInvariant(),
    };

    private static string Others(GeneratedToken token)
    {
        var others = token.Alternatives.Where(other => other.TokenId != token.TokenId).Take(Alternatives - 1)
            .Select(static other => $"{TokenText.Quote(other.Piece)} {Percent(other.Probability)}");
        return "instead of " + string.Join("  ", others);
    }

    private static string Times(TokenTiming timing)
    {
        var run = timing.PrefillNanoseconds > 0
            ? $"prefill {Milliseconds(timing.PrefillNanoseconds)}"
            : $"decode {Milliseconds(timing.DecodeNanoseconds)}";
        return $"queue {Milliseconds(timing.QueueNanoseconds)} · {run} · sample {Milliseconds(timing.SampleNanoseconds)} · total {Milliseconds(timing.TotalNanoseconds)}";
    }

    private static string Milliseconds(long nanoseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.00} ms");

    private static string Percent(float probability) =>
        string.Create(CultureInfo.InvariantCulture, $"{probability * 100:0.0} %");
}
