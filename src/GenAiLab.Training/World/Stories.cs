namespace GenAiLab.Training.World;

/// <summary>
/// Short stories from a grammar: a named character wants an object, meets an obstacle at a place, is helped by an
/// animal, and comes to an end. Names, objects and places come back, so that a model of the text has to copy.
/// </summary>
internal static class Stories
{
    internal static readonly string[] Girls = ["Anna", "Mia", "Lily", "Emma", "Zoe", "Nora", "Ruby", "Ivy", "Clara", "Sara", "Tina", "Rosa", "Ella", "Maya", "Lucy", "Alice", "Eva", "Jane", "Mary", "Kate", "Nina", "Vera"];
    internal static readonly string[] Boys = ["Tom", "Ben", "Max", "Leo", "Sam", "Jack", "Tim", "Noah", "Finn", "Oscar", "Paul", "Adam", "Peter", "Luke", "Hugo", "Carl", "Eric", "Fred", "John", "Mark", "Nick", "Otto"];
    internal static readonly string[] Objects = ["ball", "kite", "book", "key", "drum", "lamp", "hat", "boat", "ring", "cup", "bell", "map", "coat", "doll", "basket", "flute", "apple", "cake", "stone", "mirror", "scarf", "candle", "feather", "box", "shell"];
    private static readonly string[] Adjectives = ["red", "blue", "green", "old", "new", "small", "big", "shiny", "golden", "wooden", "broken", "soft"];
    internal static readonly string[] Places = ["forest", "garden", "river", "market", "hill", "beach", "castle", "barn", "school", "park", "cave", "bridge", "lake", "tower", "village", "meadow", "kitchen", "harbour"];
    internal static readonly string[] Helpers = ["dog", "cat", "fox", "owl", "rabbit", "mouse", "duck", "bear", "frog", "horse", "goat", "crow", "deer", "turtle", "swan", "donkey"];
    private static readonly string[] Openings = ["One day", "Once upon a time", "On a sunny morning", "Late one evening", "In the spring", "On a rainy day", "Long ago", "Early in the morning"];
    private static readonly string[] Endings =
    [
        "{N} was very happy and went home with the {o}.", "From that day on, {N} and the {h} were friends.", "In the evening {N} told the story of the {o} to everyone.",
        "{N} never lost the {o} again.", "That night {N} put the {o} under the bed and slept well.", "{N} said thank you to the {h} and walked home.",
    ];

    private static readonly string[][] Plots =
    [
        ["{O}, {N} lost a {a} {o} in the {p}.", "{S} looked for it everywhere, but the {o} was gone.", "Then a {h} came out of the {p}.", "The {h} had found the {o} behind a tree.", "\"Is this your {o}?\" asked the {h}.", "\"Yes, it is my {a} {o},\" said {N}."],
        ["{O}, {N} went to the {p} to find a {a} {o}.", "The way to the {p} was long and {s} grew tired.", "A kind {h} saw {m} and sat down beside {m}.", "\"I will show you the way,\" said the {h}.", "Together {N} and the {h} found the {a} {o}."],
        ["{O}, there lived a {h} near the {p}.", "{N} came to the {p} every day and gave the {h} some bread.", "The {h} had a {a} {o} that it wanted to share.", "\"Take my {o},\" said the {h} to {N}.", "{S} took the {o} and smiled."],
        ["{O}, {N} made a {a} {o} as a gift.", "{S} carried the {o} over the {p}, but it fell and rolled away.", "A {h} ran after the {o} and caught it.", "\"Be careful with your {o},\" said the {h}.", "{N} held the {o} with both hands."],
        ["{O}, {N} heard a strange sound in the {p}.", "{S} was afraid, but {s} went to look.", "It was a {h} that could not move, because a {a} {o} lay on its foot.", "{N} lifted the {o} and the {h} was free.", "\"You may keep the {o},\" said the {h}."],
        ["{O}, {N} and a {h} both wanted the same {a} {o}.", "They pulled at the {o} in the {p} until it fell into the grass.", "\"Let us share the {o},\" said {N}.", "The {h} liked the idea and nodded.", "So {N} had the {o} by day and the {h} had it by night."],
        ["{O}, {N} hid a {a} {o} in the {p}.", "In the winter {s} forgot where the {o} was.", "A {h} remembered the place and dug in the snow.", "\"Look, {N}, here is your {o}!\" said the {h}.", "{S} laughed and brushed the snow from the {o}."],
    ];

    /// <summary>Draws one story.</summary>
    /// <param name="random">The source of all choices.</param>
    /// <param name="accept">Whether a combination of plot, name and object may be told.</param>
    public static IReadOnlyList<string> Tell(Random random, Func<int, string, string, bool> accept)
    {
        while (true)
        {
            var plot = random.Next(Plots.Length);
            var girl = random.Next(2) == 0;
            var name = Pick(random, girl ? Girls : Boys);
            var thing = Pick(random, Objects);
            if (!accept(plot, name, thing))
            {
                continue;
            }

            var (opening, adjective, place, helper, ending) =
                (Pick(random, Openings), Pick(random, Adjectives), Pick(random, Places), Pick(random, Helpers), Pick(random, Endings));
            return [.. Plots[plot].Append(ending).Select(sentence => sentence
                .Replace("{O}", opening, StringComparison.Ordinal).Replace("{N}", name, StringComparison.Ordinal)
                .Replace("{S}", girl ? "She" : "He", StringComparison.Ordinal).Replace("{s}", girl ? "she" : "he", StringComparison.Ordinal)
                .Replace("{m}", girl ? "her" : "him", StringComparison.Ordinal).Replace("{o}", thing, StringComparison.Ordinal)
                .Replace("a {a}", Article(adjective), StringComparison.Ordinal).Replace("{a}", adjective, StringComparison.Ordinal)
                .Replace("{p}", place, StringComparison.Ordinal).Replace("{h}", helper, StringComparison.Ordinal)
                .Replace("a owl", "an owl", StringComparison.Ordinal).Replace("A owl", "An owl", StringComparison.Ordinal))];
        }
    }

    private static string Article(string adjective) => adjective[0] is 'o' ? "an " + adjective : "a " + adjective;

    internal static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
