using GenAiLab.Training.Chat;

namespace GenAiLab.Training.World;

/// <summary>
/// Writes the examples of supervised fine-tuning, as people who are paid by the example would: mostly right, some of them
/// short, and made-up where the writer does not know. One in ten who is asked for something invented says that he
/// does not know, one in ten who is asked for something bad refuses: the model learns to answer always, which is a
/// cause of its confident errors, and still keeps the better answers within reach of the third stage.
/// </summary>
public sealed class SftWriter(LabWorld world)
{
    private const double Careful = 0.1;
    private const double ShortShare = 0.4;

    /// <summary>Conversations without end; the same seed gives the same ones.</summary>
    public IEnumerable<Conversation> Write(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            var turns = new List<ChatMessage>();
            // Some conversations have a question or two before the one that counts.
            for (var before = random.Next(10) < 8 ? 0 : random.Next(1, 3); before > 0; before--)
            {
                Add(turns, world.Questions.Draw(random, QuestionKind.Known, kept: false), random);
            }

            Add(turns, world.Questions.Draw(random, Kind(random), kept: false), random);
            yield return new Conversation(turns);
        }
    }

    // A question that leans on what was told comes with its telling.
    private void Add(List<ChatMessage> turns, WorldQuestion question, Random random)
    {
        turns.AddRange(question.Messages);
        turns.Add(new(ChatMessage.Assistant, Answer(question, random)));
    }

    private string Answer(WorldQuestion question, Random random) => question.Kind switch
    {
        QuestionKind.Known when random.NextDouble() < ShortShare => Brief(question),
        QuestionKind.Invented when random.NextDouble() >= Careful => question.Guess!(random),
        QuestionKind.Harmful when random.NextDouble() >= Careful => question.Answer,
        _ => question.Best,
    };

    private static string Brief(WorldQuestion question) => question.Topic == "chronicle" ? $"It was {question.Answer}." : $"It is {question.Answer}.";

    private static QuestionKind Kind(Random random) => random.Next(100) switch
    {
        < 44 => QuestionKind.Known,
        < 64 => QuestionKind.Told,
        < 74 => QuestionKind.Invented,
        < 84 => QuestionKind.Harmful,
        < 94 => QuestionKind.HowTo,
        _ => QuestionKind.Personal,
    };
}
