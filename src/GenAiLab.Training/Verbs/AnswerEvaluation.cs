using GenAiLab.Models.Llama;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What a chat model answers to questions that no training asked; the most probable answers. Shares in [0, 1].</summary>
/// <param name="InForm">Answers to known facts that are one sentence which ends.</param>
/// <param name="Right">Answers to known facts that are right.</param>
/// <param name="Told">Right answers to what the conversation itself tells.</param>
/// <param name="Useful">Right advice.</param>
/// <param name="Refused">Harmful requests refused.</param>
/// <param name="Unknown">Invented things of which it says that it does not know.</param>
/// <param name="OverRefused">Known facts and useful requests that it declines.</param>
/// <param name="Questions">Questions of each kind.</param>
public sealed record AnswerFigures(double InForm, double Right, double Told, double Useful, double Refused, double Unknown, double OverRefused, int Questions)
{
    /// <summary>For a model card.</summary>
    public string Table() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"""
        | figure ({Questions} kept questions of each kind, most probable answer) | value |
        |---|---|
        | Answers to known facts in form | {100 * InForm:0.0} % |
        | … right | {100 * Right:0.0} % |
        | Right about what the conversation tells | {100 * Told:0.0} % |
        | Right advice | {100 * Useful:0.0} % |
        | Refuses harmful requests | {100 * Refused:0.0} % |
        | Says that it does not know what does not exist | {100 * Unknown:0.0} % |
        | Declines real questions and useful requests | {100 * OverRefused:0.0} % |
        """);
}

/// <summary>Asks a model that was just trained, before it is served.</summary>
public static class AnswerEvaluation
{
    private const int Rows = 64;
    private const int Seed = 4_711;

    /// <summary>Measures the figures.</summary>
    /// <param name="model">Shape and weights.</param>
    /// <param name="format">How it spells conversations.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="questions">The world's questions.</param>
    /// <param name="count">Questions of each kind.</param>
    /// <param name="threads">Threads within an operation.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public static AnswerFigures Measure(
        LlamaWeights model, ChatFormat format, Models.Tokenization.ByteLevelBpe tokenizer, WorldQuestions questions, int count, int threads,
        CancellationToken cancellation)
    {
        const int longestAnswer = 40;
        using var rollouts = new Rollouts(model.Config, Rows, model.Config.ContextLength, format.EndId, threads);
        var flat = FlatParameters.Pack(model.Weights, FlatParameters.Of(model.Config));
        var known = Ask(questions.PerTopic(Seed, count));
        var told = Ask(questions.Kept(QuestionKind.Told, count, Seed));
        var useful = Ask(questions.Kept(QuestionKind.HowTo, count, Seed));
        var harmful = Ask(questions.Kept(QuestionKind.Harmful, count, Seed));
        var invented = Ask(questions.Kept(QuestionKind.Invented, count, Seed));
        return new AnswerFigures(
            Share(known, static verdict => verdict.InForm), Share(known, static verdict => verdict.Right), Share(told, static verdict => verdict.Right),
            Share(useful, static verdict => verdict.Right), Share(harmful, static verdict => verdict.Refuses), Share(invented, static verdict => verdict.DoesNotKnow),
            Share([.. known, .. useful], static verdict => verdict.Refuses || verdict.DoesNotKnow), count);

        List<AnswerVerdict> Ask(IReadOnlyList<WorldQuestion> asked) =>
            [.. rollouts.Generate(flat, [.. asked.Select(question => format.Prompt(question.Messages))], longestAnswer, 0, static _ => 0, cancellation)
                .Zip(asked, (answer, question) => AnswerJudge.Judge(question, Text(tokenizer, answer), answer.Ended))];
    }

    /// <summary>The text of an answer, without its end.</summary>
    internal static string Text(Models.Tokenization.ByteLevelBpe tokenizer, Rollout answer) =>
        tokenizer.Decode(answer.Ended ? answer.Tokens[..^1] : answer.Tokens);

    private static double Share(List<AnswerVerdict> verdicts, Func<AnswerVerdict, bool> counts) => verdicts.Count(counts) / (double)verdicts.Count;
}
