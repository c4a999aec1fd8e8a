// What a program does with the lab's models through Microsoft.Extensions.AI. Start `lab up`, then run this; the
// orchestrator's address is the first argument, http://127.0.0.1:5100 without one.
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using GenAiLab.Client;
using Microsoft.Extensions.AI;

var address = new Uri(args.FirstOrDefault() ?? "http://127.0.0.1:5100");

#region chat
using IChatClient chat = new LabChatClient(address, "lab-chat");
var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 64 };
await foreach (var update in chat.GetStreamingResponseAsync("What is the capital of France?", options))
{
    Console.Write(update.Text);
}
#endregion

Console.WriteLine();

#region structured
var answer = await chat.GetResponseAsync<Animal>("How many legs has a cow?", options);
Console.WriteLine($"{answer.Result} in {answer.Usage?.OutputTokenCount} tokens");
#endregion

#region functions
[Description("The temperature in a city, in degrees Celsius.")]
static int Temperature([AllowedValues("Paris", "London")] string city) => city == "Paris" ? 21 : 15;

using IChatClient assistant = chat.AsBuilder().UseFunctionInvocation().Build();
var reply = await assistant.GetResponseAsync("Is it warm in Paris?", new ChatOptions
{
    Tools = [AIFunctionFactory.Create(Temperature, "temperature")],
    ToolMode = ChatToolMode.RequireAny,
    Temperature = 0,
});
foreach (var content in reply.Messages.SelectMany(message => message.Contents))
{
    Console.WriteLine(content switch
    {
        FunctionCallContent call => $"{call.Name}({string.Join(", ", call.Arguments ?? new Dictionary<string, object?>())})",
        FunctionResultContent result => $"= {result.Result}",
        _ => content.ToString(),
    });
}
#endregion

#region embeddings
using var generator = new LabEmbeddingGenerator(address);
var vectors = await generator.GenerateAsync(["The cow has four legs.", "A cow has four legs.", "Paris is a capital."]);
for (var other = 1; other < vectors.Count; other++)
{
    // The vectors have length 1: their product is the cosine of the angle between them.
    var similarity = vectors[0].Vector.ToArray().Zip(vectors[other].Vector.ToArray(), (x, y) => x * y).Sum();
    Console.WriteLine($"similarity {similarity:0.000}");
}
#endregion

internal sealed record Animal(string Name, int Legs);
