using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab generate</c>: a prompt goes in, tokens come out.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var prompt = new Argument<string>("prompt") { Description = "The text to continue." };
        var model = new Option<string?>("--model") { Description = "The model; default: the lab's default model." };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Tokens to generate at most. Default: 128." };
        var sampler = new SamplerOptions();
        var stop = new Option<string[]>("--stop") { Description = "Ends the text before this; may be given up to 16 times." };
        var mode = new Option<string>("--mode")
        {
            Description = "Where the next token is chosen: pushdown (beside the logits) or step (in the orchestrator).",
            DefaultValueFactory = static _ => "pushdown",
        };
        mode.AcceptOnlyFromAmong("pushdown", "step");
        var truncate = new Option<bool>("--truncate") { Description = "Leaves out the beginning of a prompt that is too long for the model's window." };
        var trace = new Option<bool>("--trace") { Description = "Shows every step of the loop: what was fed, what came out, its alternatives, where the time went." };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("generate", "Continues a text, token by token.")
        {
            prompt, model, maxTokens, stop, mode, truncate, trace,
        };
        var search = new SearchOptions();
        sampler.AddTo(command);
        search.AddTo(command);
        var classifiers = new ClassifierOptions();
        classifiers.AddTo(command);
        services.AddTo(command);
        var constraints = new ConstraintOptions();
        constraints.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var request = new GenerateRequest
                {
                    Model = arguments.GetValue(model) ?? "",
                    Text = arguments.GetRequiredValue(prompt),
                    Mode = arguments.GetValue(mode) == "step" ? LoopMode.Step : LoopMode.Pushdown,
                    Overflow = arguments.GetValue(truncate) ? ContextOverflow.TruncateLeft : ContextOverflow.Reject,
                    Alternatives = arguments.GetValue(trace) ? GenerationTrace.Alternatives : 0,
                };
                constraints.Apply(arguments, request);
                request.Stop.AddRange(arguments.GetValue(stop) ?? []);
                if (arguments.GetValue(maxTokens) is { } tokens)
                {
                    request.MaxTokens = tokens;
                }

                sampler.Apply(arguments, request);
                search.Apply(arguments, request);
                classifiers.ApplyTo(request, arguments);
                await using var lab = await services.ConnectAsync(arguments, classifiers.Needed(arguments), cancelled);
                IGenerationPrinter printer = arguments.GetValue(trace) ? new GenerationTrace(Console.Out) : new PlainText(Console.Out);
                using var call = lab.Orchestrator.Generate(request, cancellationToken: cancelled);
                while (await call.ResponseStream.MoveNext(cancelled))
                {
                    printer.Print(call.ResponseStream.Current);
                }
            },
            cancellation));
        return command;
    }
}
