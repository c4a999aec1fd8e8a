using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab classify</c>: the discriminative direction, a text or an image in, a distribution over labels out.</summary>
internal static class ClassifyCommand
{
    private const int BarWidth = 40;
    private const int NameWidth = 12;

    public static Command Create()
    {
        var text = new Argument<string?>("text") { Description = "The text to classify, or the name of a file: an image, a WAV or an animated PNG.", Arity = ArgumentArity.ZeroOrOne };
        var image = new Option<FileInfo?>("--image") { Description = "An image to classify instead, whatever its name: PNG, JPEG, WebP, GIF or BMP.", HelpName = "FILE" };
        var sound = new Option<FileInfo?>("--sound") { Description = "A sound: WAV.", HelpName = "FILE" };
        var film = new Option<FileInfo?>("--film") { Description = "A film: animated PNG or GIF.", HelpName = "FILE" };
        var model = new Option<string?>("--model") { Description = "The classifier; default: the lab's default classifier." };
        var top = new Option<int>("--top") { Description = "How many labels to show; 0: all." };
        var list = new Option<bool>("--list") { Description = "Lists the classifiers and what each takes." };
        var services = new ServiceOptions("classifier");
        var command = new Command("classify", "Prints the label distribution of a text, an image, a sound or a film.") { text, image, sound, film, model, top, list };
        command.Validators.Add(result =>
        {
            var files = new[] { image, sound, film }.Count(option => result.GetValue(option) is not null);
            if ((result.GetValue(text) is null ? 0 : 1) + files + (result.GetValue(list) ? 1 : 0) != 1)
            {
                result.AddError("Give a text, --image, --sound, --film or --list.");
            }
        });
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var request = new ClassifyRequest { Model = arguments.GetValue(model) ?? "", Top = arguments.GetValue(top) };
                if (arguments.GetValue(image) is { } file)
                {
                    request.Image = await MediaFile.ReadAsync(file, cancelled);
                }
                else if (arguments.GetValue(sound) is { } heard)
                {
                    request.Sound = await MediaFile.ReadAsync(heard, cancelled);
                }
                else if (arguments.GetValue(film) is { } watched)
                {
                    request.Film = await MediaFile.ReadAsync(watched, cancelled);
                }
                else
                {
                    await MediaFile.ApplyAsync(arguments.GetValue(text) ?? "", request, cancelled);
                }

                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Classification, cancelled);
                if (arguments.GetValue(list))
                {
                    Print(await lab.Classifier.ListClassifiersAsync(new ListClassifiersRequest(), cancellationToken: cancelled));
                }
                else
                {
                    Print(await lab.Classifier.ClassifyAsync(request, cancellationToken: cancelled));
                }
            },
            cancellation));
        return command;
    }

    private static void Print(ClassifyResponse response)
    {
        var width = Math.Max(NameWidth, response.Labels.Max(static label => label.Label.Length));
        foreach (var label in response.Labels)
        {
            var bar = new string('█', (int)Math.Round(label.Probability * BarWidth));
            Console.WriteLine($"{label.Label.PadRight(width)} {label.Probability,8:P2}  {bar}".TrimEnd());
        }
    }

    private static void Print(ListClassifiersResponse response)
    {
        var width = response.Classifiers.Select(static classifier => classifier.Name.Length).DefaultIfEmpty(0).Max();
        foreach (var classifier in response.Classifiers)
        {
            Console.WriteLine($"{classifier.Name.PadRight(width)}  {Describe(classifier)}{(classifier.Name == response.DefaultClassifier ? ", the default" : "")}");
        }
    }

    private static string Describe(ClassifierDescription classifier)
    {
        if (classifier.State != ModelState.Ready)
        {
            return classifier.State == ModelState.Failed ? $"failed  {classifier.Failure}" : "loading";
        }

        var takes = classifier.Modality switch
        {
            Modality.Image => $"image   {classifier.ImageWidth} × {classifier.ImageHeight} pixels",
            Modality.Sound => $"sound   {(double)classifier.SoundSamples / Math.Max(1, classifier.SoundRate):0.##} s at {classifier.SoundRate:N0} Hz",
            Modality.Film => $"film    {classifier.FilmFrames} frames of {classifier.ImageWidth} × {classifier.ImageHeight} pixels",
            _ => $"text    {classifier.ContextLength:N0} tokens",
        };
        var kind = (classifier.Labels.Count, classifier.ExclusiveLabels) switch
        {
            (1, _) => "a score",
            (var labels, true) => $"{labels:N0} labels",
            (var labels, false) => $"{labels:N0} labels, each of its own",
        };
        return $"{takes}, {kind}";
    }
}
