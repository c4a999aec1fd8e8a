using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.Models.Folders;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary>What <c>lab draw</c>, <c>lab speak</c> and <c>lab film</c> have in common: a prompt goes in, a file comes out.</summary>
internal static class MediaGeneration
{
    /// <summary>A command of this kind.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">What it does.</param>
    /// <param name="model">The model, unless told otherwise.</param>
    /// <param name="file">The file, unless told otherwise.</param>
    /// <param name="previewInterval">Tokens after which what there is of it is shown; only on a terminal.</param>
    public static Command Create(string name, string description, string model, string file, int previewInterval)
    {
        var prompt = new Argument<string>("prompt") { Description = "What it is to be, in the words that the model knows." };
        var output = new Option<FileInfo>("--out") { Description = $"The file to write. Default: {file}.", HelpName = "FILE", DefaultValueFactory = _ => new FileInfo(file) };
        var models = new Option<string>("--model") { Description = $"The model. Default: {model}.", DefaultValueFactory = _ => model };
        var sampler = new SamplerOptions();
        var services = new ServiceOptions("orchestrator");
        var command = new Command(name, description) { prompt, output, models };
        sampler.AddTo(command);
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var request = new GenerateRequest
                {
                    Model = arguments.GetRequiredValue(models),
                    Text = arguments.GetRequiredValue(prompt),
                    MediaOutput = new MediaOutput { PreviewInterval = Console.IsOutputRedirected ? 0 : previewInterval },
                };
                sampler.Apply(arguments, request);
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                await MakeAsync(lab, request, arguments.GetRequiredValue(output), cancelled);
            },
            cancellation));
        return command;
    }

    private static async Task MakeAsync(ILabConnection lab, GenerateRequest request, FileInfo file, CancellationToken cancellation)
    {
        using var call = lab.Orchestrator.Generate(request, cancellationToken: cancellation);
        var (started, made) = (new GenerationStarted(), new FormedMedia());
        using var forming = new FormingPicture();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            var response = call.ResponseStream.Current;
            switch (response.EventCase)
            {
                case GenerateResponse.EventOneofCase.Started:
                    started = response.Started;
                    if (started.UnknownWords.Count > 0)
                    {
                        await Console.Error.WriteLineAsync($"lab: {started.Model} does not know {string.Join(", ", started.UnknownWords.Select(static word => $"'{word}'"))} and goes by the rest");
                    }

                    break;
                case GenerateResponse.EventOneofCase.Media:
                    made = response.Media;
                    forming.Show(made, started);
                    break;
                case GenerateResponse.EventOneofCase.Finished:
                    forming.Dispose();
                    Finish(response.Finished, started, made, file);
                    break;
            }
        }
    }

    private static void Finish(GenerationFinished finished, GenerationStarted started, FormedMedia made, FileInfo file)
    {
        if (finished.Reason == FinishReason.Error)
        {
            throw new CommandException("the model failed in mid-generation");
        }

        AtomicFile.Write(file.FullName, stream => stream.Write(made.Content.Span));
        var seconds = finished.TotalNanoseconds / 1e9;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Name}: {made.Content.Length:N0} bytes of {made.ContentType}, {finished.GeneratedTokens} tokens in {seconds:0.00} s, seed {started.Seed}{(made.Complete ? "" : ", not whole")}"));
    }
}
