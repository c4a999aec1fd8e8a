using System.CommandLine;
using System.Globalization;
using GenAiLab.Benchmarks.Quality;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Quantization;
using GenAiLab.Training.World;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab models</c>: model folders on disk.</summary>
internal static class ModelsCommand
{
    // Of the world that the committed models were trained on.
    private const int LabWorldSeed = 1;

    public static Command Create() => new("models", "Model folders on disk.") { ModelsCheckCommand.Create(), CreateQuantize(), CreateQuality() };

    private static Command CreateQuantize()
    {
        var model = new Argument<string>("model") { Description = "A folder, or its name in models/." };
        var format = new Option<string>("--format") { Description = "int8, int8-dynamic, int4 or int4-128.", Required = true };
        var output = new Option<string>("--out") { Description = "The new folder.", Required = true };
        var force = new Option<bool>("--force") { Description = "Replaces a folder that is there." };
        var command = new Command("quantize", "Writes a folder with the same model in fewer bits.") { model, format, output, force };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                var source = Folder(arguments.GetRequiredValue(model));
                var target = arguments.GetRequiredValue(output);
                var chosen = Format(arguments.GetRequiredValue(format));
                var products = QuantizedFolder.Write(source, target, chosen, arguments.GetValue(force));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{products} matrix products as {chosen.Name()}: {Bytes(source) / 1e6:0.00} MB became {Bytes(target) / 1e6:0.00} MB"));
                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    private static Command CreateQuality()
    {
        var model = new Argument<string>("model") { Description = "A folder with a tokenizer, or its name in models/." };
        var text = new Option<string?>("--text") { Description = "A text file to measure on, a document per line; otherwise a text that fp32 itself samples." };
        var heldOut = new Option<bool>("--held-out") { Description = "Measures on the lab world's documents that training never sees." };
        var command = new Command("quality", "What each format of weights and of the KV cache loses: loss on a text and agreement with 32-bit floats.") { model, text, heldOut };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled =>
            {
                var lines = arguments.GetValue(heldOut) ? new LabWorld(LabWorldSeed).HeldOutDocuments()
                    : arguments.GetValue(text) is { } file ? File.ReadLines(file) : null;
                foreach (var row in QuantizationQuality.Measure(Folder(arguments.GetRequiredValue(model)), lines, cancelled))
                {
                    Console.WriteLine(row);
                }

                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }

    private static string Folder(string model) =>
        Directory.Exists(model) && DecoderConfig.IsDecoder(model) ? Path.GetFullPath(model)
        : model == Path.GetFileName(model) && Path.Combine(ModelsRoot.Find(null, Environment.CurrentDirectory), model) is var named
            && Directory.Exists(named) && DecoderConfig.IsDecoder(named) ? named
        : throw new CommandException($"'{model}' is no decoder's folder: it has no {GenAiConfig.FileName}, and no {HuggingFaceConfig.FileName} of one");

    private static WeightFormat Format(string name) =>
        WeightFormats.Parse(name) ?? throw new CommandException($"there is no weight format '{name}'; there are {string.Join(", ", WeightFormats.All)}");

    private static long Bytes(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(static file => file.Length);
}
