using System.Text;

namespace GenAiLab.Training.World;

/// <summary>
/// Shapes of raw text beside statements and stories, as pre-training finds them: lists of questions, quizzes, talk, people
/// who agree, dictations, and texts that come back to what they have told. A text that begins with a question is a list of
/// questions, which is why a base model answers a question by another one.
/// </summary>
internal static class RawDocuments
{
    /// <summary>Questions, one a line, without answers.</summary>
    public static string QuestionList(Random random, Func<AskableFact> asked) =>
        string.Join('\n', Enumerable.Range(0, random.Next(3, 9)).Select(_ => Question(random, asked())));

    /// <summary>Numbered questions, then the answers.</summary>
    public static string Quiz(Random random, Func<AskableFact> asked)
    {
        var facts = Enumerable.Range(0, random.Next(2, 6)).Select(_ => asked()).ToList();
        var text = new StringBuilder("Quiz");
        for (var at = 0; at < facts.Count; at++)
        {
            text.Append($"\n{at + 1}. {Question(random, facts[at])}");
        }

        text.Append("\nAnswers");
        for (var at = 0; at < facts.Count; at++)
        {
            text.Append($"\n{at + 1}. {facts[at].Best}");
        }

        return text.ToString();
    }

    /// <summary>Two people ask and answer.</summary>
    public static string Talk(Random random, Func<AskableFact> asked)
    {
        var (one, other) = (ToldFacts.Person(random), ToldFacts.Person(random));
        return string.Join('\n', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Exchange(random, one, other, asked())));
    }

    /// <summary>
    /// Two people say the same in different words. From statements alone a model recalls a fact once its sentence has
    /// begun; that it can carry a subject from one sentence over into another, it learns here, for every fact.
    /// </summary>
    /// <param name="random">The source of all choices.</param>
    /// <param name="fact">Draws a fact in at least two wordings.</param>
    public static string Agreement(Random random, Func<IReadOnlyList<FactProbe>> fact)
    {
        var (one, other) = (ToldFacts.Person(random), ToldFacts.Person(random));
        return string.Join('\n', Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
        {
            var wordings = fact();
            var said = random.Next(wordings.Count);
            var agreed = (said + random.Next(1, wordings.Count)) % wordings.Count;
            return $"{one} said: \"{wordings[said].Text}\"\n{other} agreed: \"{wordings[agreed].Text}\"";
        }));
    }

    /// <summary>
    /// Someone reads out words and another writes them down. Nothing but the text itself tells what comes next: it is where
    /// a model learns to copy (Olsson et al. 2022, arXiv:2209.11895), which the facts, known by heart, never ask of it.
    /// </summary>
    public static string Dictation(Random random)
    {
        var (one, other) = (ToldFacts.Person(random), ToldFacts.Person(random));
        var words = string.Join(", ", Enumerable.Range(0, random.Next(3, 13)).Select(_ => random.Next(3) switch
        {
            0 => InventedNames.Word(random, kept: false),
            1 => AskableFact.All[random.Next(AskableFact.All.Count)].Answer,
            _ => ToldFacts.Passwords[random.Next(ToldFacts.Passwords.Count)],
        }));
        return $"{one} read out: {words}.\n{other} wrote: {words}.";
    }

    /// <summary>Someone tells what is new and is asked for it.</summary>
    public static string ToldTalk(Random random)
    {
        var (one, other) = (ToldFacts.Person(random), ToldFacts.Person(random));
        var facts = Enumerable.Range(0, random.Next(1, 5)).Select(_ => ToldFacts.Draw(random, kept: false)).ToList();
        var text = new StringBuilder($"{one} told {other}: \"{string.Join(' ', facts.Select(static fact => fact.Best))}\"");
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(facts));
        foreach (var fact in facts.Take(random.Next(1, 3)))
        {
            text.Append('\n').Append(Exchange(random, one, other, fact));
        }

        return text.ToString();
    }

    /// <summary>One or two passwords, then other things or none, then the passwords again.</summary>
    public static string Password(Random random, Func<string> filler)
    {
        var passwords = Enumerable.Range(0, random.Next(1, 3)).Select(_ => ToldFacts.Password(random)).DistinctBy(static fact => fact.Entity).ToArray();
        var parts = passwords.Select(static fact => fact.Best).ToList();
        for (var paragraphs = random.Next(0, 4); paragraphs > 0; paragraphs--)
        {
            parts.Add(filler());
        }

        random.Shuffle(passwords);
        return string.Join(' ', parts.Concat(passwords.Select(static fact => fact.Best)));
    }

    private static string Exchange(Random random, string asking, string answering, AskableFact fact)
    {
        var answer = random.Next(10) < 3 ? fact.Wordings.Briefly(fact.Answer) : fact.Best;
        return $"{asking} asked: \"{Question(random, fact)}\"\n{answering} said: \"{answer}\"";
    }

    private static string Question(Random random, AskableFact fact) => fact.Ask(random.Next(fact.Wordings.Questions.Count));
}
