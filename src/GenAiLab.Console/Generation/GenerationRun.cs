using System.Diagnostics;
using System.Text;
using GenAiLab.V1;
using GenAiLab.WebConsole.Services;
using Grpc.Core;

namespace GenAiLab.WebConsole.Generation;

/// <summary>
/// One generation as a page shows it: grows while its stream comes. Read and written on the page's own thread, to which
/// <see cref="RunAsync"/> returns after every await.
/// </summary>
/// <param name="request">What is asked of the orchestrator.</param>
/// <param name="forcedToken">Where a fork begins: the alternative that was clicked; null: no fork.</param>
/// <param name="forkedAt">How many of the tokens before it were generated.</param>
public sealed class GenerationRun(GenerateRequest request, Alternative? forcedToken = null, int forkedAt = 0)
{
    private readonly List<GeneratedToken> _tokens = [];
    private readonly StringBuilder _text = new();

    public GenerateRequest Request => request;

    /// <summary>The alternative that was clicked, the last token of this run's prompt; null: this is no fork.</summary>
    public Alternative? ForcedToken => forcedToken;

    public int ForkedAt => forkedAt;

    public GenerationStarted? Started { get; private set; }

    public IReadOnlyList<GeneratedToken> Tokens => _tokens;

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    public GenerationFinished? Finished { get; private set; }

    /// <summary>Why it failed; null: it did not.</summary>
    public string? Failure { get; private set; }

    public bool IsRunning { get; private set; }

    /// <summary>How often another decoder took over.</summary>
    public int Resumes { get; private set; }

    /// <summary>Runs to the end of the stream; what goes wrong is in <see cref="Failure"/>.</summary>
    /// <param name="orchestrator">Whom to ask.</param>
    /// <param name="pace">Holds the reader before a token.</param>
    /// <param name="figures">Gets the times.</param>
    /// <param name="changed">Called after each event.</param>
    /// <param name="cancellation">Ends it, on the services too.</param>
    public async Task RunAsync(
        Orchestrator.OrchestratorClient orchestrator, Pace pace, LiveFigures figures, Action changed, CancellationToken cancellation)
    {
        IsRunning = true;
        changed();
        var last = Stopwatch.GetTimestamp();
        try
        {
            using var call = orchestrator.Generate(request, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                var response = call.ResponseStream.Current;
                if (response.Token is not null)
                {
                    await pace.WaitAsync(cancellation);
                    if (!pace.IsPaused)
                    {
                        Measure(figures, last);
                    }

                    last = Stopwatch.GetTimestamp();
                }

                Add(response);
                changed();
            }
        }
        catch (RpcException) when (cancellation.IsCancellationRequested)
        {
            Failure = "stopped";
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Failure = "stopped";
        }
        catch (RpcException error)
        {
            Failure = Problem.Describe(error);
        }
        finally
        {
            IsRunning = false;
            changed();
        }
    }

    /// <summary>What goes on from here with another token at a place.</summary>
    /// <param name="index">The place: [0, tokens).</param>
    /// <param name="alternative">What stands there instead.</param>
    public GenerationRun Fork(int index, Alternative alternative)
    {
        var forked = request.Clone();
        forked.Tokens = new TokenIds
        {
            Ids =
            {
                Started!.Prompt.Select(static piece => piece.Id), _tokens.Take(index).Select(static token => token.TokenId), alternative.TokenId,
            },
        };
        forked.MaxTokens = Math.Max(1, Started.MaxTokens - index - 1);
        forked.Sampling ??= new SamplingProgram();
        forked.Sampling.Seed = Started.Seed;
        return new GenerationRun(forked, alternative, index);
    }

    /// <summary>The prompt and what was generated so far, as the model has it.</summary>
    public IEnumerable<(int Id, Google.Protobuf.ByteString Piece)> Sequence() =>
        (Started?.Prompt.Select(static piece => (piece.Id, piece.Piece)) ?? []).Concat(_tokens.Select(static token => (token.TokenId, token.Piece)));

    /// <summary>Where the time went, in nanoseconds; 0 for what has not happened.</summary>
    public (long Tokenizer, long Decoder, long Hops) Times()
    {
        var decoder = _tokens.Sum(static token => Inside(token.Timing));
        return (Started?.TokenizeNanoseconds ?? 0, decoder, Math.Max(0, _tokens.Sum(static token => token.Timing?.TotalNanoseconds ?? 0) - decoder));
    }

    private static long Inside(TokenTiming? timing) =>
        timing is null ? 0 : timing.QueueNanoseconds + timing.PrefillNanoseconds + timing.DecodeNanoseconds + timing.SampleNanoseconds;

    private void Add(GenerateResponse response)
    {
        switch (response.EventCase)
        {
            case GenerateResponse.EventOneofCase.Started:
                Started = response.Started;
                break;
            case GenerateResponse.EventOneofCase.Token:
                _tokens.Add(response.Token);
                _text.Append(response.Token.Text);
                break;
            case GenerateResponse.EventOneofCase.Resumed:
                Resumes = response.Resumed.Resumes;
                break;
            case GenerateResponse.EventOneofCase.Finished:
                Finished = response.Finished;
                _text.Append(response.Finished.Text);
                break;
        }
    }

    private void Measure(LiveFigures figures, long since)
    {
        if (_tokens.Count == 0)
        {
            figures.AddFirst(Stopwatch.GetElapsedTime(since));
        }
        else
        {
            figures.Add(Stopwatch.GetElapsedTime(since));
        }
    }
}
