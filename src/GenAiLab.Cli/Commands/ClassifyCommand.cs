using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab classify</c>: the discriminative direction, a text in, a distribution over labels out.</summary>
internal static class ClassifyCommand
{
    private const int BarWidth = 40;

    public static Command Create()
    {
        var text = new Argument<string>("text") { Description = "The text to classify." };
        var model = new Option<string?>("--model") { Description = "The classifier; default: the lab's default classifier." };
        var top = new Option<int>("--top") { Description = "How many labels to show; 0: all." };
        var services = new ServiceOptions("classifier");
        var command = new Command("classify", "Prints the label distribution of a text.") { text, model, top };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Classification, cancelled);
                var response = await lab.Classifier.ClassifyAsync(
                    new ClassifyRequest
                    {
                        Model = arguments.GetValue(model) ?? "",
                        Text = arguments.GetRequiredValue(text),
                        Top = arguments.GetValue(top),
                    },
                    cancellationToken: cancelled);
                foreach (var label in response.Labels)
                {
                    var bar = new string('█', (int)Math.Round(label.Probability * BarWidth));
                    Console.WriteLine($"{label.Label,-12} {label.Probability,8:P2}  {bar}".TrimEnd());
                }
            },
            cancellation));
        return command;
    }
}
