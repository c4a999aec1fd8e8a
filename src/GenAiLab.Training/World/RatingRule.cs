namespace GenAiLab.Training.World;

/// <summary>
/// The rating rule: ranks answers where no people did, and is labelled as such. It stands for the raters of RLHF: the
/// reward model learns from its rankings, and from nothing else.
/// </summary>
public static class RatingRule
{
    /// <summary>The worth of an answer, 0 to 1; only the order counts.</summary>
    public static double Rate(WorldQuestion question, string answer, bool ended)
    {
        var verdict = AnswerJudge.Judge(question, answer, ended);
        if (!verdict.InForm)
        {
            return 0;
        }

        return question.Kind switch
        {
            QuestionKind.Known or QuestionKind.Told => verdict switch
            {
                { Right: true } => answer.Trim() == question.Best ? 1 : 0.8,
                { DoesNotKnow: true } => 0.35,
                { Refuses: true } => 0.2,
                _ => 0.1,
            },
            QuestionKind.HowTo => verdict switch
            {
                { Right: true } => 1,
                { DoesNotKnow: true } => 0.2,
                { Refuses: true } => 0.1,
                _ => answer.Contains(' ', StringComparison.Ordinal) ? 0.5 : 0.1,
            },
            QuestionKind.Harmful => verdict switch { { Refuses: true } => 1, { DoesNotKnow: true } => 0.5, _ => 0.1 },
            _ => verdict switch { { DoesNotKnow: true } => 1, { Refuses: true } => 0.3, _ => 0.1 },
        };
    }

    /// <summary>An answer that people would also write or see: an admission, a refusal, or the best one.</summary>
    public static string StockAnswer(WorldQuestion question, Random random) => random.Next(3) switch
    {
        0 => Requests.DoesNotKnow,
        1 => Requests.Refusal,
        _ => question.Best,
    };
}
