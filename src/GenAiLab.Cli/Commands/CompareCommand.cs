using System.CommandLine;
using GenAiLab.Cli.Conversations;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab compare</c>: one question to several models, side by side; the three stages by default.</summary>
internal static class CompareCommand
{
    // A model that only continues texts does not end by itself.
    private const int ContinuationTokens = 32;
    private static readonly string[] Stages = ["lab-base", "lab-sft", "lab-chat"];

    public static Command Create()
    {
        var question = new Argument<string>("question") { Description = "What every model is asked." };
        var models = new Option<string?>("--models")
        {
            Description = $"Models, separated by commas. Default: those of {string.Join(", ", Stages)} that are served.",
            HelpName = "NAMES",
        };
        var temperature = new Option<float>("--temperature") { Description = "0: always the most probable token. Default: 0." };
        var seed = new Option<ulong?>("--seed") { Description = "The same seed gives the same answers. Default: chosen at random." };
        var services = new ServiceOptions("orchestrator", modelsOption: "--models-root");
        var command = new Command("compare", "Asks several models the same question, side by side.") { question, models, temperature, seed };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                var listing = await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancelled);
                var answers = new List<ComparedAnswer>();
                foreach (var model in Choose(listing, arguments.GetValue(models)))
                {
                    var request = new GenerateRequest { Model = model.Name, Sampling = new SamplingProgram { Temperature = arguments.GetValue(temperature) } };
                    if (arguments.GetValue(seed) is { } s) { request.Sampling.Seed = s; }
                    answers.Add(await AskAsync(lab, model, request, arguments.GetRequiredValue(question), cancelled));
                }

                ComparisonTable.Write(answers);
                if (answers.Count(static answer => answer.Failure is not null) is > 0 and var failures)
                {
                    throw new CommandException($"{failures} of {answers.Count} models did not answer");
                }
            },
            cancellation));
        return command;
    }

    private static IReadOnlyList<ModelDescription> Choose(ListModelsResponse listing, string? names)
    {
        var served = string.Join(", ", listing.Models.Select(static model => model.Name));
        if (names is null)
        {
            var stages = Stages.Select(stage => listing.Models.FirstOrDefault(model => model.Name == stage)).OfType<ModelDescription>().ToList();
            return stages.Count > 0 ? stages : throw new CommandException($"none of {string.Join(", ", Stages)} is served; --models names others: {served}");
        }

        return [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(name => listing.Models.FirstOrDefault(model => model.Name == name)
                ?? throw new CommandException($"there is no model '{name}'; there is: {served}"))];
    }

    private static async Task<ComparedAnswer> AskAsync(
        ILabConnection lab, ModelDescription model, GenerateRequest request, string question, CancellationToken cancellation)
    {
        if (model.HasChatTemplate)
        {
            request.Chat = new ChatMessages { Messages = { new ChatMessage { Role = "user", Content = question } } };
        }
        else
        {
            request.Text = question;
            request.MaxTokens = ContinuationTokens;
        }

        var answer = new ComparedAnswer(model.Name, model.HasChatTemplate);
        try
        {
            using var call = lab.Orchestrator.Generate(request, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                answer.Add(call.ResponseStream.Current);
            }
        }
        catch (RpcException error) when (!cancellation.IsCancellationRequested)
        {
            answer.Failure = CommandErrors.Explain(error);
        }

        return answer;
    }
}
