using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab classify</c>: the discriminative direction, a text or an image in, a distribution over labels out.</summary>
internal static class ClassifyCommand
{
    private const int BarWidth = 40;
    private const int NameWidth = 12;
    private static readonly string[] ImageExtensions = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"];

    public static Command Create()
    {
        var text = new Argument<string?>("text") { Description = "The text to classify, or the file name of an image.", Arity = ArgumentArity.ZeroOrOne };
        var image = new Option<FileInfo?>("--image") { Description = "An image to classify instead, whatever its name: PNG, JPEG, WebP, GIF or BMP.", HelpName = "FILE" };
        var model = new Option<string?>("--model") { Description = "The classifier; default: the lab's default classifier." };
        var top = new Option<int>("--top") { Description = "How many labels to show; 0: all." };
        var list = new Option<bool>("--list") { Description = "Lists the classifiers and what each takes." };
        var services = new ServiceOptions("classifier");
        var command = new Command("classify", "Prints the label distribution of a text or an image.") { text, image, model, top, list };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(text) is null ? 0 : 1) + (result.GetValue(image) is null ? 0 : 1) + (result.GetValue(list) ? 1 : 0) != 1)
            {
                result.AddError("Give a text, --image or --list.");
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
                else if (arguments.GetValue(text) is { } given && IsImage(given))
                {
                    request.Image = await MediaFile.ReadAsync(new FileInfo(given), cancelled);
                }
                else
                {
                    request.Text = arguments.GetValue(text) ?? "";
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

    // A sentence rarely ends in .png and is the name of a file besides.
    private static bool IsImage(string text) => ImageExtensions.Contains(Path.GetExtension(text), StringComparer.OrdinalIgnoreCase) && File.Exists(text);

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

        var takes = classifier.Modality == Modality.Image
            ? $"image   {classifier.ImageWidth} × {classifier.ImageHeight} pixels"
            : $"text    {classifier.ContextLength:N0} tokens";
        var kind = (classifier.Labels.Count, classifier.ExclusiveLabels) switch
        {
            (1, _) => "a score",
            (var labels, true) => $"{labels:N0} labels",
            (var labels, false) => $"{labels:N0} labels, each of its own",
        };
        return $"{takes}, {kind}";
    }
}
