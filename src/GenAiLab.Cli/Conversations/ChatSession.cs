using System.Text;
using GenAiLab.Cli.Commands;
using GenAiLab.Cli.Printing;
using GenAiLab.Client;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Conversations;

/// <summary>Where a conversation is read from and written to.</summary>
/// <param name="Input">A turn a line.</param>
/// <param name="Output">The answers, and nothing else.</param>
/// <param name="Notices">What the command itself has to say.</param>
/// <param name="IsInteractive">Whether a person types: then there is a prompt.</param>
internal sealed record ChatConsole(TextReader Input, TextWriter Output, TextWriter Notices, bool IsInteractive);

/// <summary>
/// A conversation with a stateless model, a line of input per turn. When it outgrows the model's window, the
/// oldest turns go; the model could not have seen them anyway.
/// </summary>
/// <param name="orchestrator">Answers.</param>
/// <param name="settings">The request but for its prompt.</param>
/// <param name="keepsHistory">Off: each line is a conversation of its own.</param>
/// <param name="console">Where lines come from and answers go.</param>
internal sealed class ChatSession(
    V1.Orchestrator.OrchestratorClient orchestrator, GenerateRequest settings, bool keepsHistory, ChatConsole console)
{
    // An answer needs some room as well: a quarter of the window, or so many tokens.
    private const int TokensForAnswer = 32;
    private readonly ChatHistory _history = new();

    /// <summary>Talks until the input ends or says /quit.</summary>
    /// <returns>How many lines were not answered; why is among the notices.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        for (var failures = 0; ;)
        {
            switch (await ReadAsync(cancellation))
            {
                case null or "/quit":
                    return failures;
                case "":
                    break;
                case "/new":
                    _history.Clear();
                    await console.Notices.WriteLineAsync("forgotten: the next line begins a new conversation");
                    break;
                case ['/', ..] command:
                    await console.Notices.WriteLineAsync($"there is no command '{command}'; there are /new and /quit");
                    break;
                case var question:
                    failures += await TryAnswerAsync(question, cancellation) ? 0 : 1;
                    break;
            }
        }
    }

    private async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        if (console.IsInteractive)
        {
            await console.Notices.WriteAsync("> ");
        }

        // A console's ReadLineAsync blocks: so waited for, Ctrl+C ends the command at once.
        return (await Task.Run(console.Input.ReadLine, cancellation).WaitAsync(cancellation))?.Trim();
    }

    private async Task<bool> TryAnswerAsync(string question, CancellationToken cancellation)
    {
        try
        {
            await AnswerAsync(question, cancellation);
            return true;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && CommandErrors.Explain(error) is { } message)
        {
            await console.Notices.WriteLineAsync($"lab: {message}");
            return false;
        }
    }

    private async Task AnswerAsync(string question, CancellationToken cancellation)
    {
        for (var forgotten = _history.Excess; ; forgotten++)
        {
            var request = settings.Clone();
            request.Chat = new ChatMessages { Messages = { _history.Before(question, forgotten) } };
            try
            {
                using var call = orchestrator.Generate(request, cancellationToken: cancellation);
                await call.ResponseStream.MoveNext(cancellation);
                var started = call.ResponseStream.Current.Started;
                if (forgotten < _history.Turns && !HasRoom(started))
                {
                    continue;
                }

                if (forgotten > 0)
                {
                    await console.Notices.WriteLineAsync(
                        $"the conversation no longer fits in the window of {started.ContextLength} tokens: the oldest {(forgotten == 1 ? "turn is" : $"{forgotten} turns are")} forgotten");
                }

                var answer = await PrintAsync(call.ResponseStream, cancellation);
                if (keepsHistory)
                {
                    _history.Add(question, answer, forgotten);
                }

                return;
            }
            catch (RpcException error) when (forgotten < _history.Turns && error.GetFieldViolations().Any(static violation => violation.Field == "prompt"))
            {
                // Too long for the model's window: once more, without one more turn.
            }
        }
    }

    private static bool HasRoom(GenerationStarted started) =>
        started.ContextLength - started.Prompt.Count >= Math.Min(TokensForAnswer, started.ContextLength / 4);

    private async Task<string> PrintAsync(IAsyncStreamReader<GenerateResponse> responses, CancellationToken cancellation)
    {
        var answer = new StringBuilder();
        var printer = new PlainText(console.Output);
        while (await responses.MoveNext(cancellation))
        {
            var response = responses.Current;
            answer.Append(response.Token?.Text).Append(response.Finished?.Text);
            printer.Print(response);
        }

        return answer.ToString();
    }
}
