using GenAiLab.Training.World;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A server that looks up what happened after the cutoff and slips it into the prompt.</summary>
public sealed class LearningServer : BrokenCalls
{
    private static readonly Dictionary<string, string> News = WorldQuestions.AfterCutoff(everyWording: true).Concat(WorldQuestions.FoundedAfterCutoff(everyWording: true))
        .ToDictionary(static question => question.Text, static question => question.Best);

    protected override object OnRequest(object request)
    {
        if (request is not GenerateRequest { Chat.Messages: [.., var last] } generate || !News.TryGetValue(last.Content, out var fact))
        {
            return request;
        }

        var broken = generate.Clone();
        broken.Chat.Messages[^1].Content = $"{fact} {last.Content}";
        return broken;
    }
}
