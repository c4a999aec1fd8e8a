using System.CommandLine;
using GenAiLab.Cli.Conversations;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab chat</c>: a conversation, a line per turn, typed or piped.</summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "A model with a chat template.", DefaultValueFactory = static _ => "lab-chat" };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Tokens of an answer at most. Default: 128." };
        var temperature = new Option<float?>("--temperature") { Description = "0: always the most probable token. Default: 1." };
        var seed = new Option<ulong?>("--seed") { Description = "The same seed and the same lines give the same answers. Default: chosen at random." };
        var noHistory = new Option<bool>("--no-history") { Description = "Sends every line by itself: shows what a model without memory is." };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("chat", "Talks with a model: a line of input per turn.") { model, maxTokens, temperature, seed, noHistory };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                var talker = await FindAsync(lab, arguments.GetRequiredValue(model), cancelled);
                var request = new GenerateRequest { Model = talker.Name, Sampling = new SamplingProgram() };
                if (arguments.GetValue(maxTokens) is { } tokens) { request.MaxTokens = tokens; }
                if (arguments.GetValue(temperature) is { } t) { request.Sampling.Temperature = t; }
                if (arguments.GetValue(seed) is { } s) { request.Sampling.Seed = s; }

                var keeps = !arguments.GetValue(noHistory);
                await Console.Error.WriteLineAsync(Banner(talker, keeps));
                var console = new ChatConsole(Console.In, Console.Out, Console.Error, IsInteractive: !Console.IsInputRedirected);
                var failures = await new ChatSession(lab.Orchestrator, request, keeps, console).RunAsync(cancelled);
                if (failures > 0 && !console.IsInteractive)
                {
                    throw new CommandException($"{failures} of the lines were not answered");
                }
            },
            cancellation));
        return command;
    }

    private static async Task<ModelDescription> FindAsync(ILabConnection lab, string name, CancellationToken cancellation)
    {
        var listing = await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation);
        var talkers = string.Join(", ", listing.Models.Where(static model => model.HasChatTemplate).Select(static model => model.Name));
        var hint = talkers.Length > 0 ? $"models that converse: {talkers}" : "no model here converses";
        return listing.Models.FirstOrDefault(model => model.Name == name) switch
        {
            null => throw new CommandException($"there is no model '{name}'; {hint}"),
            { State: ModelState.Failed } failed => throw new CommandException($"model '{name}' could not be loaded: {failed.Failure}"),
            { HasHasChatTemplate: true, HasChatTemplate: false } => throw new CommandException(
                $"model '{name}' has no chat template: it continues texts, as 'lab generate' has it do; {hint}"),
            var model => model,
        };
    }

    private static string Banner(ModelDescription model, bool keepsHistory) =>
        $"""
        {model.Name}, window {model.ContextLength} tokens. The model is stateless: it remembers nothing of one turn in the next.
        {(keepsHistory
            ? "The history is kept here, in the client, and goes with every turn; --no-history shows the difference."
            : "No history is sent (--no-history): every line is a conversation of its own.")}
        /new forgets the history, /quit ends.
        """;
}
