using GenAiLab.Training.World;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Calls;

/// <summary>An answer to a question of the lab world.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Generation">The whole answer.</param>
public sealed record Reply(WorldQuestion Question, Generation Generation)
{
    /// <summary>What the model said.</summary>
    public string Text => Generation.Text;

    /// <summary>Whether the model ended the answer itself.</summary>
    public bool Ended => Generation.Finished.Reason == FinishReason.EndOfSequence;

    /// <summary>What kind of answer it is.</summary>
    public AnswerVerdict Verdict => AnswerJudge.Judge(Question, Text, Ended);

    /// <summary>Says that it does not know, or that it will not help.</summary>
    public bool Declines => Verdict.DoesNotKnow || Verdict.Refuses;

    /// <summary>Answers in form, and does not decline.</summary>
    public bool Answers => Verdict.InForm && !Declines;

    /// <summary>The geometric mean of the probabilities that the model gave to its own tokens, in [0, 1].</summary>
    public double Confidence => Generation.Tokens.Count == 0 ? 0 : Math.Exp(Generation.Tokens.Average(static token => (double)token.RawLogProbability));
}

/// <summary>Asks models questions of the lab world.</summary>
public static class Interviews
{
    /// <summary>Tokens of an answer at most; the longest good one has half as many.</summary>
    public const int MaxTokens = 40;

    /// <summary>
    /// Asks a model every question. A chat model is asked in its chat template; a base model, which has none, gets the
    /// text as it stands, the turns one after the other.
    /// </summary>
    /// <param name="lab">The lab.</param>
    /// <param name="model">Whom to ask.</param>
    /// <param name="questions">What to ask.</param>
    /// <param name="temperature">0: the most probable answer. Otherwise each question is asked with a seed of its own.</param>
    /// <param name="seed">Of the first question.</param>
    /// <param name="cancellation">Ends the interview.</param>
    public static async Task<Reply[]> AskAsync(
        this IExperimentLab lab, string model, IReadOnlyList<WorldQuestion> questions, float temperature, ulong seed, CancellationToken cancellation)
    {
        var chats = await lab.ChatsAsync(model, cancellation);
        return await Concurrently.SelectAsync(
            [.. questions.Select(static (question, at) => (question, at))],
            async (item, cancelled) => new Reply(item.question, await lab.GenerateAsync(Request(item.question, item.at), cancelled)),
            cancellation);

        GenerateRequest Request(WorldQuestion question, int at)
        {
            var request = new GenerateRequest
            {
                Model = model,
                MaxTokens = MaxTokens,
                Sampling = new SamplingProgram { Temperature = temperature, Seed = seed + (ulong)at },
            };
            if (chats)
            {
                request.Chat = Chat(question.Messages);
            }
            else
            {
                request.Text = string.Join(' ', question.Messages.Select(static message => message.Content));
            }

            return request;
        }
    }

    /// <summary>A conversation in the contract's terms.</summary>
    public static ChatMessages Chat(IEnumerable<Training.Chat.ChatMessage> messages) =>
        new() { Messages = { messages.Select(static message => new ChatMessage { Role = message.Role, Content = message.Content }) } };

    // Also ends an experiment whose model is missing.
    private static async Task<bool> ChatsAsync(this IExperimentLab lab, string model, CancellationToken cancellation)
    {
        await lab.RequireAsync(model, cancellation);
        return (await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), CallLimit.Options(cancellation)))
            .Models.Single(served => served.Name == model).HasChatTemplate;
    }
}
