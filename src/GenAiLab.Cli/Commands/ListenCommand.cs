using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab listen</c>: a sound goes in, the words that are spoken in it come out.</summary>
internal static class ListenCommand
{
    private const string DefaultModel = "lab-listen";

    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "The sound: a WAV file." };
        var model = new Option<string>("--model") { Description = $"The model. Default: {DefaultModel}.", DefaultValueFactory = static _ => DefaultModel };
        var trace = new Option<bool>("--trace") { Description = "Shows every step of the loop." };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("listen", "Writes down what is said in a sound.") { file, model, trace };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var request = new GenerateRequest
                {
                    Model = arguments.GetRequiredValue(model),
                    Media = await MediaFile.ReadAsync(arguments.GetRequiredValue(file), cancelled),
                    Sampling = new SamplingProgram { Temperature = 0 },
                    Alternatives = arguments.GetValue(trace) ? GenerationTrace.Alternatives : 0,
                };
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
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
