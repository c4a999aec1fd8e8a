using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Experiments;

/// <summary>The half of <c>stateless</c> that people notice: a model knows your name only if the conversation is sent along.</summary>
internal static class Introductions
{
    public static async Task<IReadOnlyList<Measurement>> MeasureAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var random = new Random(context.Seed);
        const int count = 400;
        IReadOnlyList<WorldQuestion> told = [.. Enumerable.Range(0, count).Select(_ => WorldQuestions.Introduction(random, kept: true))];
        context.Progress?.Report($"telling {LabModels.Chat} a name {count} times");
        // Told first, in calls of their own; asked afterwards, without the history and with it.
        await context.Lab.AskAsync(LabModels.Chat, [.. told.Select(static question => question with { Messages = [question.Messages[0]] })], 0, 0, cancellation);
        var without = await context.Lab.AskAsync(LabModels.Chat, [.. told.Select(static question => question with { Messages = [question.Messages[^1]] })], 0, 0, cancellation);
        var with = await context.Lab.AskAsync(LabModels.Chat, told, 0, 0, cancellation);
        var chance = 1.0 / told.Select(static question => question.Answer).Distinct().Count();
        return
        [
            Right(without).Measures($"knows what it was told in an earlier call, without the history (a guess is right in {chance:0.000})", Criterion.NotAbove(chance)),
            Right(with).Measures("knows what it was told, with the history", Criterion.NotBelow(0.95)),
        ];
    }

    private static Interval Right(Reply[] replies) => Proportions.Wilson(replies.Count(static reply => reply.Verdict.Right), replies.Length);
}
